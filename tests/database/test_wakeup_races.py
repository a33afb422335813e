"""What two calls of the queue do to each other when they meet half-way."""

import asyncio

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.services import wakeups
from tests.accounts import add_user
from tests.database.phone import insert, phone
from tests.database.wakeups import apns, claim, finish, register, sender, waits_for_a_lock

REQUEST = "insert into private.wakeup_requests (user_id, by_device, caregivers_too) values ($1, 'tablet', false)"
STEP = "select reached from private.queue_requested_wakeups(1, $1)"
# The statement that leases has its snapshot when this waits.
PAUSE = """
create function pg_temp.pause() returns trigger language plpgsql as $$
begin
  if current_setting('test.pause', true) = 'on' then
    perform pg_advisory_xact_lock(4711);
  end if;
  return null;
end
$$;
create trigger pause before update on public.srv_push_outbox for each statement execute function pg_temp.pause();
"""


@pytest.fixture(autouse=True)
async def nobody(superuser: asyncpg.Connection) -> None:
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")


async def test_who_queues_in_several_steps_and_who_finishes_never_wait_in_a_circle(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    first, second = sorted([await add_user(superuser), await add_user(superuser)])
    for user in (first, second):
        async with phone(cluster, user) as mine:
            await register(mine, "phone", f"token:{user}", "fcm")
            await insert(mine, device="tablet")
    async with sender(cluster) as finishing:
        tickets = list((await claim(finishing)).values())
        assert len(tickets) == 2
        # They changed again, in the other order than that of the queue.
        for user in (second, first):
            await superuser.execute(REQUEST, user)
        async with superuser.transaction():
            reached = await superuser.fetchval(STEP, 0)
            finished = asyncio.create_task(finish(finishing, tickets))
            assert await waits_for_a_lock(superuser, finished)
            assert await superuser.fetchval(STEP, reached) > reached
        assert await finished == {"sent": 2}
        # Whoever looked before the change is woken once more, or its request has stayed.
        left = "select (select count(*) from public.srv_push_outbox) + (select count(*) from private.wakeup_requests)"
        assert await superuser.fetchval(left) == 2


async def test_a_ticket_is_never_given_with_an_address_of_before(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """Else the end of the old address would remove the new one."""
    user = await add_user(superuser)
    async with phone(cluster, user) as mine, sender(cluster) as sending:
        await register(mine, "phone", apns(1))
        await insert(mine, device="tablet")
        # A first call queues it; what waits then is the lease alone.
        await superuser.fetchval(STEP, 0)
        await superuser.execute(PAUSE)
        try:
            await sending.execute("set test.pause = 'on'")
            async with superuser.transaction():
                await superuser.execute("select pg_advisory_xact_lock(4711)")
                claimed = asyncio.create_task(claim(sending))
                assert await waits_for_a_lock(superuser, claimed)
                await register(mine, "phone", apns(2))
            assert set(await claimed) == {apns(2)}
        finally:
            await superuser.execute("drop trigger pause on public.srv_push_outbox")


async def test_who_deletes_a_user_and_who_finishes_never_wait_in_a_circle(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    user = await add_user(superuser)
    async with phone(cluster, user) as mine:
        # A deletion takes them as they lie in the table, which is not the order of their names.
        for device in ("b", "a"):
            await register(mine, device, f"{device}:{user}", "fcm")
        await insert(mine, device="tablet")
    async with sender(cluster) as finishing, sender(cluster) as deleting:
        await deleting.execute("reset role")
        tickets = list((await claim(finishing)).values())
        async with superuser.transaction():
            await superuser.execute("select from public.srv_push_devices where device_id = 'a' for update")
            finished = asyncio.create_task(finish(finishing, tickets))
            assert await waits_for_a_lock(superuser, finished)
            deleted = asyncio.create_task(deleting.execute("delete from auth.users where id = $1", user))
            assert await waits_for_a_lock(superuser, deleted, others=1)
        assert await finished == {"sent": 2}
        await deleted


async def test_what_is_set_aside_is_queued_anew_without_waiting(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    user = await add_user(superuser)
    async with phone(cluster, user) as mine:
        for device in ("a", "b"):
            await register(mine, device, f"{device}:{user}", "fcm")
        await insert(mine, device="tablet")
    async with sender(cluster) as sending:
        await finish(sending, list((await claim(sending)).values()), "poison")
        await sending.execute("reset role")
        async with superuser.transaction():
            await superuser.execute("select from public.srv_push_outbox where device_id = 'a' for update")
            assert await wakeups.retry_set_aside(sending) == 1
    assert await wakeups.retry_set_aside(superuser) == 1
