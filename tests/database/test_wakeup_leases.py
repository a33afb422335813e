"""The life of a wake-up at its sender: leases, what is tried again, what is given up, and what comes too late."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user
from tests.database.family import refused
from tests.database.phone import insert, phone
from tests.database.wakeups import apns, claim, finish, later, let_time_pass, moment, register, send_all, sender

STATE = "select private.wakeup_state()::jsonb ->> $1"
TOKEN = apns(7)


@pytest.fixture
async def sending(cluster: StackInfo, superuser: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """One wake-up is due; the sender's connection."""
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    async with phone(cluster, await add_user(superuser)) as mine, sender(cluster) as connection:
        await register(mine, "phone", TOKEN)
        await insert(mine, device="tablet")
        yield connection


async def test_it_tells_the_address_and_never_whose_it_is(sending: asyncpg.Connection) -> None:
    (row,) = await sending.fetch("select * from public.srv_claim_wakeups(10, 60)")
    assert list(row.keys()) == ["ticket", "platform", "environment", "token", "attempts"]
    assert tuple(row)[1:] == ("apns", "production", TOKEN, 1)


async def test_a_lease_that_nobody_ends_is_given_to_another(
    sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    first = await claim(sending)
    assert await claim(sending) == {}
    await let_time_pass(superuser)
    second = await claim(sending)
    assert set(second) == set(first) == {TOKEN}
    # The first was not dead, only slow: its word does not count any more, and changes nothing.
    for outcome in ("sent", "dead", "retry", "poison"):
        assert await finish(sending, list(first.values()), outcome) == {"stale": 1}
    assert await finish(sending, list(second.values())) == {"sent": 1}
    assert await finish(sending, list(second.values())) == {"stale": 1}


async def test_a_lease_is_a_window_longer_than_anybody_may_send(
    sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    begun = await moment(superuser)
    await claim(sending, lease=5)
    until = await superuser.fetchval("select leased_until from public.srv_push_outbox")
    assert later(until, 25, begun, await moment(superuser))


async def test_a_dead_address_is_removed(sending: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    before = int(await superuser.fetchval(STATE, "dead"))
    assert await finish(sending, list((await claim(sending)).values()), "dead") == {"dead": 1}
    assert await superuser.fetchval("select count(*) from public.srv_push_devices") == 0
    assert await superuser.fetchval("select count(*) from public.srv_push_outbox") == 0
    assert int(await superuser.fetchval(STATE, "dead")) == before + 1


async def test_a_retry_waits_as_long_as_it_was_told(sending: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    for delay, least in ((0, 20), (300, 300), (10_000_000, 86_400)):
        claimed, begun = await claim(sending), await moment(superuser)
        assert await finish(sending, list(claimed.values()), "retry", delay) == {"retried": 1}
        due = await superuser.fetchval("select due_at from public.srv_push_outbox")
        assert later(due, least, begun, await moment(superuser))
        await let_time_pass(superuser)


async def test_after_so_many_attempts_it_is_set_aside_until_something_changes(
    sending: asyncpg.Connection, superuser: asyncpg.Connection, cluster: StackInfo
) -> None:
    told = []
    for _ in range(8):
        await let_time_pass(superuser)
        told.append(await finish(sending, list((await claim(sending)).values()), "retry"))
    assert told == [{"retried": 1}] * 7 + [{"set_aside": 1}]
    assert await claim(sending) == {}
    assert await superuser.fetchval(STATE, "set_aside_now") == "1"
    owner = await superuser.fetchval("select user_id from public.srv_push_devices")
    async with phone(cluster, owner) as mine:
        await insert(mine, device="tablet")
        assert await claim(sending) == {}
        wait = await superuser.fetchval("select due_at - clock_timestamp() from public.srv_push_outbox")
        assert 3500 < wait.total_seconds() <= 3600
        await let_time_pass(superuser)
        assert await finish(sending, list((await claim(sending)).values()), "retry") == {"set_aside": 1}
        # Registered anew, it counts from the beginning.
        await register(mine, "phone", TOKEN)
        assert await send_all(sending) == {TOKEN}


async def test_what_kills_each_sender_is_set_aside(sending: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    for _ in range(8):
        assert set(await claim(sending)) == {TOKEN}
        await let_time_pass(superuser)
    assert await claim(sending) == {}
    assert await superuser.fetchval(STATE, "set_aside_now") == "1"
    assert await superuser.fetchval("select ticket from public.srv_push_outbox") is None


async def test_what_is_refused_is_set_aside_at_once(sending: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    assert await finish(sending, list((await claim(sending)).values()), "poison") == {"set_aside": 1}
    await let_time_pass(superuser)
    assert await claim(sending) == {}


@pytest.mark.parametrize(
    ("field", "statement"),
    [
        ("amount", "select * from public.srv_claim_wakeups(0, 60)"),
        ("amount", "select * from public.srv_claim_wakeups(1001, 60)"),
        ("amount", "select * from public.srv_claim_wakeups(null, 60)"),
        ("lease_seconds", "select * from public.srv_claim_wakeups(1, 4)"),
        ("lease_seconds", "select * from public.srv_claim_wakeups(1, null)"),
        ("tickets", "select * from public.srv_finish_wakeups('{}', '{}', '{}')"),
        ("tickets", "select * from public.srv_finish_wakeups(array[gen_random_uuid()], '{sent,sent}', '{1}')"),
        ("tickets", "select * from public.srv_finish_wakeups(array[gen_random_uuid()], '{sent}', null)"),
        ("outcomes", "select * from public.srv_finish_wakeups(array[gen_random_uuid()], '{lost}', '{1}')"),
        ("outcomes", "select * from public.srv_finish_wakeups(array[gen_random_uuid()], array[null], '{1}')"),
    ],
)
async def test_a_wrong_call_is_refused_by_name(sending: asyncpg.Connection, field: str, statement: str) -> None:
    with refused("invalid-field"):
        await sending.fetch(statement)
    assert field


async def test_many_senders_at_once_wake_each_device_once(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    await superuser.execute(
        """
        with people as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 40) returning id),
        devices as (
          insert into public.srv_push_devices (user_id, device_id, platform, token)
          select id, 'd' || n, 'fcm', id || ':' || n from people, generate_series(1, 10) as n
        )
        insert into private.wakeup_requests (user_id, by_device, caregivers_too)
        select id, 'd1', false from people
        """
    )

    async def send() -> list[str]:
        woken: list[str] = []
        async with sender(cluster) as connection:
            # One of them makes wake-ups of the requests, while the others may find nothing yet.
            for _ in range(40):
                claimed = await claim(connection, 20)
                woken += claimed
                if claimed:
                    await finish(connection, list(claimed.values()))
        return woken

    woken = [token for one in await asyncio.gather(*(send() for _ in range(4))) for token in one]
    assert len(woken) == len(set(woken)) == 40 * 9


async def test_requests_for_devices_that_are_queued_already_hold_up_nobody(
    cluster: StackInfo, superuser: asyncpg.Connection, sending: asyncpg.Connection
) -> None:
    """A claim goes past any number of them to what is new."""
    assert set(await claim(sending)) == {TOKEN}
    owner = await superuser.fetchval("select user_id from public.srv_push_devices")
    await superuser.execute(
        "insert into private.wakeup_requests (user_id, caregivers_too) select $1, false from generate_series(1, 500)",
        owner,
    )
    async with phone(cluster, await add_user(superuser)) as other:
        await register(other, "phone", apns(8))
        await insert(other, device="tablet")
    assert set(await claim(sending, 5)) == {apns(8)}
    assert await superuser.fetchval("select count(*) from private.wakeup_requests") == 0
