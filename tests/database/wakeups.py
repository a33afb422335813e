"""Wake-ups as their sender sees them: claimed and finished as service_role, after phones have registered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from medtime_backend.local.options import StackInfo

REGISTER = "select public.srv_register_push_device($1, $2, $3, $4)"


def apns(number: int) -> str:
    """A well-formed token of APNs."""
    return f"{number:064x}"


async def register(phone: asyncpg.Connection, device: str, token: str, platform: str = "apns") -> None:
    """Register a device of the phone's user."""
    await phone.execute(REGISTER, device, platform, token, "production")


@asynccontextmanager
async def sender(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """A connection as service_role, as the edge function has it through the REST layer."""
    connection = await asyncpg.connect(cluster.admin_database_url)
    try:
        await connection.execute("set role service_role")
        yield connection
    finally:
        await connection.close()


async def claim(connection: asyncpg.Connection, amount: int = 1000, lease: int = 60) -> dict[str, UUID]:
    """What is due: token → ticket."""
    rows = await connection.fetch("select * from public.srv_claim_wakeups($1, $2)", amount, lease)
    return {row["token"]: row["ticket"] for row in rows}


async def finish(
    connection: asyncpg.Connection, tickets: Sequence[UUID], outcome: str = "sent", delay: int = 0
) -> dict[str, int]:
    """Tell one outcome of all; the counts that are not 0."""
    row = await connection.fetchrow(
        "select * from public.srv_finish_wakeups($1, $2, $3)",
        list(tickets),
        [outcome] * len(tickets),
        [delay] * len(tickets),
    )
    return {name: amount for name, amount in row.items() if amount}


async def send_all(connection: asyncpg.Connection) -> set[str]:
    """Send everything that is due; whom it woke."""
    woken: set[str] = set()
    while claimed := await claim(connection):
        assert not woken & set(claimed)
        woken |= set(claimed)
        await finish(connection, list(claimed.values()))
    return woken


async def let_time_pass(superuser: asyncpg.Connection) -> None:
    """As if all windows, leases and delays were over."""
    await superuser.execute("update public.srv_push_devices set woken_at = '-infinity'")
    await superuser.execute(
        """
        update public.srv_push_outbox
        set
          due_at = least(due_at, clock_timestamp()), set_aside_at = set_aside_at - interval '1 hour',
          leased_until = case when ticket is not null then least(leased_until, clock_timestamp()) end
        """
    )


async def moment(connection: asyncpg.Connection) -> datetime:
    """What the database's clock says now."""
    found: datetime = await connection.fetchval("select clock_timestamp()")
    return found


def later(found: datetime, seconds: float, begun: datetime, ended: datetime) -> bool:
    """Whether it is so many seconds later than a moment between the two, however long that was."""
    return begun <= found - timedelta(seconds=seconds) <= ended


async def waits_for_a_lock(superuser: asyncpg.Connection, task: asyncio.Task[object], others: int = 0) -> bool:
    """Whether the task waits for a lock of the database, as so many others do, rather than end; asked until it does."""
    while not task.done():
        waiting = await superuser.fetchval("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        if waiting > others:
            return True
        await asyncio.sleep(0.01)
    return False
