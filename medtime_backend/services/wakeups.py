"""Wake-ups for an operator: how they stand, who calls the sender regularly, and what became of its calls."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from medtime_backend.database import statement

OK = range(200, 300)
MOST_COUNTED = 10_000
"""private.wakeup_state counts no further."""


class State(msgspec.Struct, frozen=True):
    """What is queued now, each counted up to 10,000, and the totals of all time. `oldest_seconds` 0: nothing is due."""

    coalescing_window_seconds: int
    requests: int
    waiting: int
    at_work: int
    set_aside_now: int
    oldest_seconds: int
    queued: int
    sent: int
    retried: int
    dead: int
    set_aside: int


class Call(msgspec.Struct, frozen=True):
    """A call of the sender by pg_net, and its answer. `fault` is pg_net's own error; all None: not answered yet."""

    called_at: datetime
    status: int | None
    fault: str | None

    @property
    def failed(self) -> bool:
        """Whether the sender was not reached, or said no."""
        return self.fault is not None or (self.status is not None and self.status not in OK)


class Schedule(msgspec.Struct, frozen=True):
    """pg_cron's job. `missing`: the extensions it would need, and that are not there or not to be used."""

    missing: list[str]
    entry: str | None = None
    active: bool = False
    calls: list[Call] = []


async def state(connection: asyncpg.Connection) -> State:
    """How wake-ups stand."""
    found: Any = await connection.fetchval(statement("wakeup_state"))
    return msgspec.json.decode(found, type=State)


async def schedule(connection: asyncpg.Connection) -> Schedule:
    """The job as it stands, with its newest calls."""
    found = await connection.fetchrow(statement("wakeups_extensions"))
    names = {"cron": "pg_cron", "net": "pg_net", "vault": "supabase_vault"}
    missing = [name for key, name in names.items() if not found[key]]
    if missing:
        return Schedule(missing)
    job = await connection.fetchrow(statement("wakeups_job"))
    calls = [
        Call(row["called_at"], row["status_code"], "timed out" if row["timed_out"] else row["error_msg"])
        for row in await connection.fetch(statement("wakeups_answers"))
    ]
    return Schedule([], job and job["schedule"], bool(job and job["active"]), calls)


async def set_schedule(connection: asyncpg.Connection, functions_url: str, key: str) -> Schedule:
    """Call the sender at this address every minute; where an extension is missing nothing happens."""
    found = await schedule(connection)
    if not found.missing:
        await connection.execute(statement("wakeups_keep_key"), key)
        await connection.execute(statement("wakeups_schedule"), functions_url.rstrip("/"))
        found = await schedule(connection)
    return found


async def end_schedule(connection: asyncpg.Connection) -> Schedule:
    """Call the sender no more."""
    found = await schedule(connection)
    if not found.missing:
        await connection.execute(statement("wakeups_unschedule"))
        found = await schedule(connection)
    return found


async def change_settings(connection: asyncpg.Connection, window: float | None, attempts: int | None) -> None:
    """Change the coalescing window, in seconds, and the most attempts. Raises asyncpg's CheckViolationError."""
    await connection.execute(statement("wakeups_set"), window, attempts)


async def retry_set_aside(connection: asyncpg.Connection) -> int:
    """Queue anew what was set aside; how many."""
    return int((await connection.execute(statement("wakeups_retry"))).split()[-1])
