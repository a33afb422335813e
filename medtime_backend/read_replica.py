"""Reads that may go to a replica: when it has seen what the primary had written half a second ago."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import nullcontext

import asyncpg
import structlog

from medtime_backend import errors
from medtime_backend.database import Database, Trace
from medtime_backend.metrics import Metrics
from medtime_backend.settings import Settings

POSITION_SECONDS = 0.5
"""How old the primary's position may be that a replica is held to: so late at most is what it tells."""
PAUSE_SECONDS = 1.0
"""A replica that is away or behind is left alone for this long."""
TELL_SECONDS = 60.0

log = structlog.get_logger()


class ReadReplica:
    """Gives rows of the replica, or None: then `primary` must be asked. Nothing here is ever an error.

    Each statement's first argument is the primary's position (pg_lsn), and each of its rows has `fresh`: whether the
    server is a replica that has replayed it.
    """

    def __init__(self, primary: Database, replica: Database | None, metrics: Metrics) -> None:
        self.primary = primary
        self._replica = replica
        self._metrics = metrics
        self._position = ""
        self._position_until = 0.0
        self._turn = asyncio.Lock()
        self._away_until = 0.0
        self._told_at = -TELL_SECONDS

    @classmethod
    async def open(
        cls, primary: Database, settings: Settings, metrics: Metrics, trace: Trace = lambda _: nullcontext()
    ) -> "ReadReplica":
        """Open a pool of its own, if there is a replica. No connection is made yet."""
        url = settings.database_read_url
        replica = await Database.open(settings, trace=trace, url=url) if url else None
        return cls(primary, replica, metrics)

    async def close(self) -> None:
        """Close the pool."""
        if self._replica is not None:
            await self._replica.close()

    async def fetch(self, name: str, *arguments: object) -> Sequence[asyncpg.Record] | None:
        """The rows of a named statement, if the replica is there and has seen enough."""
        if self._replica is None or time.monotonic() < self._away_until:
            return None
        try:
            position = await self._current()
            rows = await self._replica.fetch(name, position, *arguments)
        except (errors.Problem, asyncpg.PostgresError) as fault:
            # What it refuses may be right for what it has seen, and wrong for what there is: the primary decides.
            if isinstance(fault, errors.Busy | asyncpg.PostgresError):
                self._leave_alone(type(fault).__name__)
            self._metrics.replica_reads.labels("refused").inc()
            return None
        if not rows or not rows[-1]["fresh"]:
            self._leave_alone("behind")
            self._metrics.replica_reads.labels("behind").inc()
            return None
        self._metrics.replica_reads.labels("answered").inc()
        return rows

    async def _current(self) -> str:
        """Where the primary's log was lately. Raises what Database.fetch raises."""
        async with self._turn:
            if time.monotonic() >= self._position_until:
                asked = time.monotonic()
                (row,) = await self.primary.fetch("primary_position")
                self._position, self._position_until = row["position"], asked + POSITION_SECONDS
            return self._position

    def _leave_alone(self, code: str) -> None:
        now = time.monotonic()
        self._away_until = now + PAUSE_SECONDS
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            log.warning("replica_not_used", code=code)
