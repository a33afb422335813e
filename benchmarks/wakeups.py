"""What queueing wake-ups costs a push, and how fast they are given out: `python benchmarks/wakeups.py`.

A Postgres of its own, not durable: a push then is nearly all SQL, which makes the share as large as it can be. Its
database is copied three times; in one copy the triggers are off. Each gets the same pushes, in random order.
"""

import asyncio
import random
import statistics
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))

from medtime_backend.integrity import checksum_of
from medtime_backend.local.shadow import Shadow
from tests.accounts import add_user, blob, claims_of

ROUNDS = 400
WARM_UP = 10
# Who follows the owner: other devices, caregivers, devices of each.
FOLLOWERS = {"nobody": (0, 0, 0), "a tablet": (1, 0, 0), "family of 4": (2, 3, 2), "200 caregivers": (31, 200, 4)}
DEVICES = """
insert into public.srv_push_devices (user_id, device_id, platform, token)
select $1, 'd' || n, 'fcm', $1::uuid || ':' || n from generate_series(1, $2::integer) as n
"""
CAREGIVERS = """
with people as (
  insert into auth.users (id) select gen_random_uuid() from generate_series(1, $2::integer) returning id
), links as (
  insert into public.srv_family_links (supervised_user_id, supervisor_id, status) select $1, id, 'active' from people
)
insert into public.srv_push_devices (user_id, device_id, platform, token)
select id, 'd' || n, 'fcm', id || ':' || n from people, generate_series(1, $3::integer) as n
"""
OFF = """
alter table public.srv_encrypted_entities disable trigger wake_others_of_inserted;
alter table public.srv_encrypted_entities disable trigger wake_others_of_updated;
"""
PUSH = "select * from public.srv_push($1, $2, $3, $4, $5, $6, $7)"


async def connect(url: str, name: str, opened: AsyncExitStack) -> asyncpg.Connection:
    """A connection to this database of the server, closed in the end."""
    connection = await asyncpg.connect(urlsplit(url)._replace(path=f"/{name}").geturl())
    opened.push_async_callback(connection.close)
    return connection


async def push(connection: asyncpg.Connection, amount: int) -> float:
    """Push so many new entities; milliseconds."""
    data = [blob(1024) for _ in range(amount)]
    ids = [uuid4() for _ in data]
    sums = [checksum_of(one) for one in data]
    began = time.perf_counter()
    await connection.fetch(PUSH, "phone", ids, ["note"] * amount, [0] * amount, data, sums, [False] * amount)
    return (time.perf_counter() - began) * 1000


async def act_as(connection: asyncpg.Connection, owner: UUID) -> None:
    """Go on as this user."""
    await connection.execute("reset role")
    await connection.execute("select set_config('request.jwt.claims', $1, false)", claims_of(owner))
    await connection.execute("set role authenticated")


async def send_all(connection: asyncpg.Connection) -> tuple[int, float]:
    """Claim and finish all that is due, as fast as it goes; how many, and in how many seconds."""
    await connection.execute("set role service_role")
    began, amount = time.perf_counter(), 0
    while rows := await connection.fetch("select ticket from public.srv_claim_wakeups(200, 60)"):
        tickets = [row[0] for row in rows]
        given = (tickets, ["sent"] * len(tickets), [0] * len(tickets))
        await connection.fetch("select * from public.srv_finish_wakeups($1, $2, $3)", *given)
        amount += len(tickets)
    await connection.execute("reset role")
    return amount, time.perf_counter() - began


async def main() -> None:
    """Measure and print."""
    with Shadow() as shadow:
        url = shadow.database.admin_database_url
        superuser = await asyncpg.connect(url)
        owners = {}
        for name, (devices, caregivers, each) in FOLLOWERS.items():
            owners[name] = await add_user(superuser)
            await superuser.execute(DEVICES, owners[name], devices)
            await superuser.execute(CAREGIVERS, owners[name], caregivers, each)
        await superuser.execute("vacuum analyze")
        await superuser.close()
        async with AsyncExitStack() as opened:
            administrator = await connect(url, "template1", opened)
            copies, cleaners = {}, {}
            for copy in ("with", "without", "again"):
                source = urlsplit(url).path.removeprefix("/")
                await administrator.execute(f"create database wakeups_{copy} template {source}")
                copies[copy] = await connect(url, f"wakeups_{copy}", opened)
                cleaners[copy] = await connect(url, f"wakeups_{copy}", opened)
            await copies["without"].execute(OFF)
            print(f"{'followers':16} {'entities':>8} {'without':>9} {'with':>9} {'ratio':>6} {'noise':>6}  (ms, P50)")
            for name, owner in owners.items():
                for connection in copies.values():
                    await act_as(connection, owner)
                for amount in (1, 50):
                    times = {copy: [] for copy in copies}
                    for turn in range(ROUNDS // (1 if amount == 1 else 4)):
                        for copy in random.sample(list(copies), 3):
                            # As if the sender had come by: the dearer case, in which a row is written.
                            await cleaners[copy].execute("delete from private.wakeup_requests")
                            taken = await push(copies[copy], amount)
                            if turn > WARM_UP:
                                times[copy].append(taken)
                    middle = {copy: statistics.median(taken) for copy, taken in times.items()}
                    ratio, noise = middle["with"] / middle["without"], middle["again"] / middle["with"]
                    told = f"{middle['without']:9.2f} {middle['with']:9.2f} {ratio:6.2f} {noise:6.2f}"
                    print(f"{name:16} {amount:8} {told}")
            for owner in owners.values():
                await act_as(copies["with"], owner)
                await push(copies["with"], 1)
            await copies["with"].execute("reset role")
            amount, seconds = await send_all(copies["with"])
            print(f"given out and told: {amount} in {seconds:.2f} s, {amount / seconds:,.0f}/s")


if __name__ == "__main__":
    asyncio.run(main())
