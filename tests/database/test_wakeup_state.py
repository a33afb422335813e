"""How wake-ups stand is told at a cost that does not grow with the queue."""

import json

import asyncpg
import pytest

QUEUED = 40_000
MOST = 10_000
STATE = "select private.wakeup_state()"
READ = """
select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint
from pg_stat_xact_all_tables
where relname in ('srv_push_outbox', 'wakeup_requests')
"""
# Each third one waits, is at work until its lease is over, or is set aside.
FILL = """
insert into public.srv_push_outbox (user_id, device_id, due_at, ticket, leased_until, set_aside_at)
select
  gen_random_uuid(), 'phone', now() + make_interval(secs => n % 3),
  case when n % 3 = 1 then gen_random_uuid() end,
  case when n % 3 = 1 then now() end,
  case when n % 3 = 2 then now() end
from generate_series(1, 3 * $1::integer) as n
"""
REQUEST = """
insert into private.wakeup_requests (user_id, caregivers_too, requested_at)
select gen_random_uuid(), true, now() - make_interval(secs => $1::integer - n)
from generate_series(1, $1::integer) as n
"""


async def test_a_long_queue_is_counted_to_ten_thousand(superuser: asyncpg.Connection) -> None:
    transaction = superuser.transaction()
    await transaction.start()
    try:
        # Without the users and devices that they would be of.
        await superuser.execute("set local session_replication_role = replica")
        await superuser.execute("truncate public.srv_push_outbox, private.wakeup_requests")
        await superuser.execute(FILL, QUEUED)
        await superuser.execute(REQUEST, QUEUED)
        before = await superuser.fetchval(READ)
        state = json.loads(await superuser.fetchval(STATE))
        read = await superuser.fetchval(READ) - before
    finally:
        await transaction.rollback()
    assert [state[name] for name in ("requests", "waiting", "at_work", "set_aside_now")] == [MOST] * 4
    assert state["oldest_seconds"] == pytest.approx(QUEUED, abs=60)
    assert read <= 6 * MOST


async def test_a_short_one_is_counted_exactly(superuser: asyncpg.Connection) -> None:
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await superuser.execute("set local session_replication_role = replica")
        await superuser.execute("truncate public.srv_push_outbox, private.wakeup_requests")
        assert json.loads(await superuser.fetchval(STATE))["oldest_seconds"] == 0
        await superuser.execute(FILL, 7)
        state = json.loads(await superuser.fetchval(STATE))
    finally:
        await transaction.rollback()
    assert (state["requests"], state["waiting"], state["at_work"], state["set_aside_now"]) == (0, 7, 7, 7)
