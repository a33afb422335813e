"""Everything at once: writers, phones that register and leave, links that begin and end, senders with every outcome."""

import asyncio
import random
from uuid import uuid4

import asyncpg

from medtime_backend.local.options import StackInfo
from tests.accounts import blob, link
from tests.database.family import Person, people
from tests.database.phone import push
from tests.database.wakeups import let_time_pass, register, send_all, sender

TURNS = 30
# As if windows were over, so that there is something to do. Nothing of ours does that, so it must wait for nobody:
# plain updates take rows in the order of the table, and two of them were seen in a circle with a registration.
HURRY = """
with idle as (
  select user_id, device_id from public.srv_push_outbox where ticket is null for update skip locked
)
update public.srv_push_outbox as o set due_at = clock_timestamp()
from idle as i where o.user_id = i.user_id and o.device_id = i.device_id
"""
FORGET = """
with idle as (
  select user_id, device_id from public.srv_push_devices for update skip locked
)
update public.srv_push_devices as d set woken_at = '-infinity'
from idle as i where d.user_id = i.user_id and d.device_id = i.device_id
"""


async def test_nobody_deadlocks_and_nothing_is_left_behind(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    async with people(cluster, superuser, 5) as family:
        for owner in family:
            for caregiver in family:
                if owner is not caregiver:
                    await link(superuser, caregiver.user_id, owner.user_id)
        # Of a group, so that nobody goes on while the next test runs when one has failed.
        async with asyncio.TaskGroup() as everything:
            for number, person in enumerate(family):
                everything.create_task(_live(person, number))
            for number in range(3):
                everything.create_task(_send(cluster, number))
        # Whatever happened, a last word of each reaches everybody.
        for owner in family:
            for device in ("a", "b"):
                await register(owner.phone, device, f"{device}:{owner.user_id}", "fcm")
        await superuser.execute("update public.srv_push_outbox set set_aside_at = null, attempts = 0")
        await let_time_pass(superuser)
        async with sender(cluster) as last:
            await send_all(last)
            await let_time_pass(superuser)
            for owner in family:
                await push(owner.phone, "writer", (uuid4(), 0, blob()))
            woken = await send_all(last)
        everybody = {f"{device}:{one.user_id}" for one in family for device in ("a", "b")}
        assert woken == everybody
    left = "select (select count(*) from public.srv_push_outbox), (select count(*) from private.wakeup_requests)"
    assert tuple(await superuser.fetchrow(left)) == (0, 0)


async def _live(person: Person, seed: int) -> None:
    """Write, move between a few tokens that others want too, leave, and come again."""
    dice = random.Random(seed)  # noqa: S311 - a test's
    for _ in range(TURNS):
        device, shared = dice.choice("ab"), f"shared-token-of-many:{dice.randrange(4)}"
        match dice.randrange(4):
            case 0:
                await register(person.phone, device, shared, "fcm")
            case 1:
                await person.phone.execute("select public.srv_remove_push_device($1)", device)
            case _:
                await push(person.phone, dice.choice("abc"), (uuid4(), 0, blob()))


async def _send(cluster: StackInfo, seed: int) -> None:
    dice = random.Random(100 + seed)  # noqa: S311 - a test's
    connection = await asyncpg.connect(cluster.admin_database_url)
    try:
        for _ in range(TURNS):
            async with sender(cluster) as sending:
                rows = await sending.fetch("select ticket from public.srv_claim_wakeups(20, 5)")
                tickets = [row["ticket"] for row in rows]
                if tickets:
                    outcomes = [dice.choice(["sent", "retry", "dead", "poison"]) for _ in tickets]
                    await sending.fetch(
                        "select * from public.srv_finish_wakeups($1, $2, $3)", tickets, outcomes, [0] * len(tickets)
                    )
            await connection.execute(HURRY)
            await connection.execute(FORGET)
    finally:
        await connection.close()
