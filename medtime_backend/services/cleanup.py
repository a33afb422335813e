"""The cleanup for an operator: batch after batch, what would go, when it runs, and how the last runs ended."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from medtime_backend.database import statement

MOST_COUNTED: Final = 100_000
"""Rows of a kind that a preview counts: more would take as long as removing them."""
LOCK_TRIES: Final = 20
LOCK_PAUSE: Final = 0.5


class Step(msgspec.Struct, frozen=True):
    """How far a run is. `batch` and `removed` map kinds to rows: of the last batch, and of the whole run.

    `outcome` is None while the run goes on; then done, unfinished (no time left) or busy (another run is under way).
    `passed_over` counts tombstones that stay for the next run, since their owners were writing.
    """

    ended: bool
    outcome: str | None = None
    run: UUID | None = None
    cutoff: datetime | None = None
    batch: Mapping[str, int] = {}
    removed: Mapping[str, int] = {}
    passed_over: int = 0


class Run(msgspec.Struct, frozen=True):
    """A run as it was noted; without `ended_at` it is under way, or was killed a moment ago."""

    id: UUID
    ran_by: str
    cutoff: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    removed: Mapping[str, int]
    passed_over: int


class Due(msgspec.Struct, frozen=True):
    """How many rows of a kind a run would remove; `more`: at least so many."""

    kind: str
    rows: int
    more: bool


class Schedule(msgspec.Struct, frozen=True):
    """pg_cron's job, `entry` as in a crontab. `cron`: installed, forbidden to this role, available or missing."""

    cron: str
    time_zone: str
    entry: str | None = None
    active: bool = False


async def clean_up(
    connection: asyncpg.Connection, older_than: timedelta | None, batch: int, report: Callable[[Step], None]
) -> Step:
    """Remove what is older (None: than the usual 30 days), each batch a transaction of its own; returns the last step.

    `report` hears of each batch. Whatever ends it early leaves all batches committed and the run noted as interrupted.
    Raises asyncpg's errors.
    """
    run: UUID | None = None
    step = Step(ended=False)

    def answered(told: Step) -> None:
        nonlocal run
        run = told.run

    try:
        while not step.ended:
            step = await _step(connection, run, older_than, batch, answered)
            report(step)
    finally:
        if not step.ended and run is not None:
            # The connection may be what has ended; then the next run finds out by itself, a minute later.
            with suppress(Exception):
                await asyncio.shield(connection.execute(statement("cleanup_interrupted"), run))
    return step


async def preview(connection: asyncpg.Connection, older_than: timedelta | None) -> list[Due]:
    """What `clean_up` would remove now."""
    rows = await connection.fetch(statement("cleanup_preview"), older_than, MOST_COUNTED + 1)
    return [Due(row["kind"], min(row["amount"], MOST_COUNTED), row["amount"] > MOST_COUNTED) for row in rows]


async def last_runs(connection: asyncpg.Connection, limit: int = 5) -> list[Run]:
    """The newest runs first."""
    rows = await connection.fetch(statement("cleanup_runs"), limit)
    return [msgspec.convert({**row, "removed": msgspec.json.decode(row["removed"])}, Run) for row in rows]


async def schedule(connection: asyncpg.Connection) -> Schedule:
    """The job as it stands."""
    cron = await connection.fetchrow(statement("cleanup_cron"))
    if not cron["usable"]:
        why = "forbidden" if cron["installed"] else "available" if cron["available"] else "missing"
        return Schedule(cron=why, time_zone=cron["time_zone"])
    job = await connection.fetchrow(statement("cleanup_job"))
    if job is None:
        return Schedule(cron="installed", time_zone=cron["time_zone"])
    return Schedule(cron="installed", time_zone=cron["time_zone"], entry=job["schedule"], active=job["active"])


async def set_schedule(connection: asyncpg.Connection, at: time | None) -> Schedule:
    """Run daily at this time (UTC), or with None no more; where there is no pg_cron nothing happens."""
    found = await schedule(connection)
    if found.cron != "installed":
        return found
    if at is None:
        await connection.fetchval(statement("cleanup_unschedule"))
    else:
        await connection.fetchval(statement("cleanup_schedule"), at)
    return await schedule(connection)


async def _step(
    connection: asyncpg.Connection,
    run: UUID | None,
    older_than: timedelta | None,
    batch: int,
    answered: Callable[[Step], None],
) -> Step:
    for tried in range(LOCK_TRIES):
        try:
            # A transaction for both, since through a transaction pooler the next one may be on another connection.
            async with connection.transaction():
                await connection.execute(statement("cleanup_time_limit"))
                answer: Any = await connection.fetchval(statement("cleanup"), run, older_than, batch)
                step = msgspec.json.decode(answer, type=Step)
                # Before the commit: who is interrupted in it does not learn whether it was one.
                answered(step)
            return step  # noqa: TRY300 - beside what it is told by
        except asyncpg.LockNotAvailableError:
            # Somebody alters a table, or removes a user.
            if tried == LOCK_TRIES - 1:
                raise
            await asyncio.sleep(LOCK_PAUSE)
    raise AssertionError("unreachable")


def next_time(schedule: Schedule, now: datetime) -> datetime | None:
    """When a daily job runs next, in UTC; None where it is none of ours or pg_cron goes by another time zone."""
    parts = (schedule.entry or "").split()
    if not schedule.active or schedule.time_zone not in {"GMT", "UTC"} or parts[2:] != ["*", "*", "*"]:
        return None
    with suppress(ValueError):
        at = now.astimezone(UTC).replace(hour=int(parts[1]), minute=int(parts[0]), second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)
    return None
