"""The whole way: phones push, the edge function sends, stand-ins of Apple and Google check every byte and misbehave."""

import asyncio
import base64
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, claims_of
from tests.database.wakeups import apns, let_time_pass, moment
from tests.wakeups.credentials import Credentials
from tests.wakeups.provider import Told, until
from tests.wakeups.providers import Providers, providers
from tests.wakeups.sender import Sender, sender

pytestmark = pytest.mark.xdist_group("push-notify")

PUSH_AS = """
select count(*) from private.push_as(
  $1::jsonb, 'canary-device', array[$2::uuid], array['canary_type'], '{0}', array[$3::bytea], array[$4], '{false}',
  null, null, null
)
"""
KEEP_LEASES = """
with held as (
  select user_id, device_id from public.srv_push_outbox where ticket is not null for update skip locked
)
update public.srv_push_outbox as o set leased_until = o.leased_until + interval '1 hour'
from held as h
where o.user_id = h.user_id and o.device_id = h.device_id
"""
DRUG = b"metformina-canary-850"
STATE = "select private.wakeup_state()::jsonb ->> $1"
LATER = """
select d.token, o.due_at as due, o.set_aside_at is not null as aside
from public.srv_push_outbox as o join public.srv_push_devices as d using (user_id, device_id)
"""


@pytest.fixture
async def both(tmp_path: Path, admin: asyncpg.Connection) -> AsyncIterator[Providers]:
    """Apple and Google; nobody has an address yet."""
    await admin.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    async with providers(Credentials.make(tmp_path)) as made:
        yield made
    assert made.faults == []


async def write(stack: StackInfo, users: list[UUID]) -> None:
    """Each of them writes an entity, as the service does it for them."""
    connection = await asyncpg.connect(stack.service_database_url)
    data = b"\x01\x01" + bytes(12) + DRUG + bytes(16)
    try:
        for user in users:
            await connection.execute(PUSH_AS, claims_of(user), uuid4(), data, checksum_of(data))
    finally:
        await connection.close()


async def test_every_way_to_misbehave(
    stack: StackInfo, admin: asyncpg.Connection, both: Providers, tmp_path: Path
) -> None:
    user = await add_user(admin)
    google = {
        name: f"{name}:APA91b-{uuid4().hex}"
        for name in ("taken", "unregistered", "malformed", "mismatch", "quota", "broken")
    }
    apple = {
        name: apns(number)
        for number, name in enumerate(
            ("taken", "gone", "bad", "elsewhere", "busy", "fault", "slow", "reset", "closed", "key", "odd"), 1
        )
    }
    fcm_fault = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

    def fcm(status: int, code: str, **headers: str) -> Told:
        return Told(status, {"error": {"details": [{"@type": fcm_fault, "errorCode": code}]}}, headers)

    both.manners = {
        apple["gone"]: Told(410, {"reason": "Unregistered", "timestamp": 1}),
        apple["bad"]: Told(400, {"reason": "BadDeviceToken"}),
        "/sandbox" + apple["bad"]: Told(400, {"reason": "BadDeviceToken"}),
        apple["elsewhere"]: Told(400, {"reason": "BadDeviceToken"}),
        apple["busy"]: Told(429, {"reason": "TooManyRequests"}, {"retry-after": "900"}),
        apple["fault"]: Told(500, {"reason": "InternalServerError"}),
        apple["slow"]: Told(200, after=15),
        apple["reset"]: Told(broken="reset"),
        apple["closed"]: Told(503, {"reason": "Shutdown"}),
        apple["key"]: Told(403, {"reason": "InvalidProviderToken"}),
        apple["odd"]: Told(413, {"reason": "PayloadTooLarge"}),
        google["unregistered"]: fcm(404, "UNREGISTERED"),
        google["malformed"]: fcm(400, "INVALID_ARGUMENT"),
        google["mismatch"]: fcm(403, "SENDER_ID_MISMATCH"),
        google["quota"]: fcm(429, "QUOTA_EXCEEDED", **{"retry-after": "300"}),
        google["broken"]: Told(broken="reset"),
    }
    insert = "insert into public.srv_push_devices (user_id, device_id, platform, token) values ($1, $2, $3, $4)"
    await admin.executemany(insert, [(user, f"a-{name}", "apns", token) for name, token in apple.items()])
    await admin.executemany(insert, [(user, f"g-{name}", "fcm", token) for name, token in google.items()])
    await write(stack, [user])
    async with sender(stack, both.environment, both.credentials.certificate, tmp_path / "log") as one:
        begun = await moment(admin)
        told = await one.call(stack.secret_key)
        assert (told["stale"], told["more"], sum(map(int, told.values()))) == (0, False, 17)
        kept = {row["token"] for row in await admin.fetch("select token from public.srv_push_devices")}
        dead = {apple["gone"], apple["bad"], google["unregistered"]}
        assert {*apple.values(), *google.values()} - kept == dead
        found = {row["token"]: (row["due"], row["aside"]) for row in await admin.fetch(LATER)}
        ended = await moment(admin)
        aside = {token for token, (_, is_aside) in found.items() if is_aside}
        assert aside == {apple["odd"], google["malformed"], google["mismatch"]}

        def waits(token: str, least: float, most: float) -> bool:
            """Whether its turn comes so many seconds after it was asked for, somewhen between the two moments."""
            return begun + timedelta(seconds=least) <= found[token][0] <= ended + timedelta(seconds=most)

        assert waits(apple["busy"], 900, 990)
        assert waits(google["quota"], 300, 330)
        later = {apple[name] for name in ("fault", "slow", "reset", "closed", "key")} | {google["broken"]}
        assert all(waits(token, 15, 30) for token in later)
        assert set(both.woken) == {apple["taken"], "/sandbox" + apple["elsewhere"], google["taken"]}
        # Apple breaks off: whoever was under way on that connection is woken later.
        both.manners = {apple["closed"]: Told(broken="close")}
        await let_time_pass(admin)
        told = await one.call()
        assert told["retried"] >= 1
        both.manners = {}
        await let_time_pass(admin)
        await one.call()
    assert {*later, apple["busy"], google["quota"]} <= set(both.woken)
    assert await admin.fetchval("select count(*) from public.srv_push_outbox where set_aside_at is null") == 0
    lines = (tmp_path / "log").read_text()
    assert "apns-403-InvalidProviderToken" in lines
    assert not any(token in lines for token in (*apple.values(), *google.values()))


async def test_ten_thousand_by_two_instances_of_which_one_is_killed(
    stack: StackInfo, admin: asyncpg.Connection, both: Providers, tmp_path: Path
) -> None:
    await admin.execute(
        """
        with people as (
          insert into auth.users (id, aud, role)
          select gen_random_uuid(), 'authenticated', 'authenticated' from generate_series(1, 500) returning id
        )
        insert into public.srv_push_devices (user_id, device_id, platform, token)
        select
          id, 'd' || n, case when n % 2 = 0 then 'apns' else 'fcm' end,
          case when n % 2 = 0 then encode(sha256((id || '/' || n)::bytea), 'hex')
          else n || ':APA91b' || encode(sha256((id || '/' || n)::bytea), 'hex') end
        from people, generate_series(1, 20) as n
        """
    )
    users = [row[0] for row in await admin.fetch("select distinct user_id from public.srv_push_devices")]
    everybody = {row[0] for row in await admin.fetch("select token from public.srv_push_devices")}
    assert len(everybody) == 10_000
    await write(stack, users)
    certificate = both.credentials.certificate
    async with (
        sender(stack, both.environment, certificate, tmp_path / "one") as one,
        sender(stack, both.environment, certificate, tmp_path / "two") as two,
    ):
        # Who comes while the other makes wake-ups of the requests finds nothing, and comes again.
        calling = asyncio.gather(_call_until_it_dies(one), _call_until_idle(two, admin))
        await until(lambda: len(both.woken) > 3000, 180)
        one.kill()
        # On a slow machine its leases would run out before the other is done.
        await admin.execute(KEEP_LEASES)
        died, _ = await calling
        assert died > 0
        # Nobody was woken twice, and who was left by the dead one is still to be woken.
        assert max(Counter(both.woken).values()) == 1
        left = {
            row[0]
            for row in await admin.fetch(
                "select d.token from public.srv_push_outbox join"
                " public.srv_push_devices as d using (user_id, device_id)"
            )
        }
        assert len(left) <= 200
        assert set(both.woken) | left == everybody
        await let_time_pass(admin)
        assert (await two.call())["sent"] == len(left)
    counted = Counter(both.woken)
    assert set(counted) == everybody
    # What the dead one had sent, and not told, is sent once more: a window later, since leases are no shorter.
    assert {token for token, times in counted.items() if times > 1} <= left
    assert await admin.fetchval("select count(*) from public.srv_push_outbox") == 0
    # One of each instance; Apple's may also have been renewed by the clock.
    assert both.access_tokens == 2
    assert len(both.provider_tokens) <= 4
    await _holds_no_canary(both, users)


async def _call_until_it_dies(instance: Sender) -> int:
    """How many runs it began."""
    for run in itertools.count(1):
        try:
            await instance.call()
        except httpx.TransportError:
            return run
    raise AssertionError("unreachable")


async def _call_until_idle(instance: Sender, admin: asyncpg.Connection) -> None:
    told = await instance.call()
    while (
        told["sent"] or await admin.fetchval(STATE, "waiting") != "0" or await admin.fetchval(STATE, "requests") != "0"
    ):
        told = await instance.call()


async def _holds_no_canary(both: Providers, users: list[UUID]) -> None:
    raw = b"\n".join(request.raw for request in both.asked)
    marks = [DRUG, base64.b64encode(DRUG), b"canary"]
    marks += [form for user in users[:20] for form in (str(user).encode(), user.hex.encode(), user.bytes)]
    assert [mark for mark in marks if mark in raw] == []
