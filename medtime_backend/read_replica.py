"""Reads that may go to a replica: when it has seen what the primary had written half a second ago."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import asyncpg

from medtime_backend import errors
from medtime_backend.database import Database, Trace
from medtime_backend.flights import Flights
from medtime_backend.metrics import Metrics
from medtime_backend.replica_presence import Presence
from medtime_backend.settings import Settings

POSITION_SECONDS = 0.5
"""How old the primary's position may be that a replica is held to: so late at most is what it tells."""
PATIENCE_SECONDS = 2.0
"""So long does a request wait for the replica at most, before the primary is asked."""
FAULT = "replica_fault"
BEHIND = "behind"
# What it refuses may be right for what it has seen, and wrong for what there is: the primary decides.
FAULTS = (errors.Problem, asyncpg.PostgresError)

Rows = Sequence[asyncpg.Record]


class Position(NamedTuple):
    """Where a primary's log is, and of which history: those of two cannot be compared."""

    flushed: str
    system: int
    timeline: int


class ReadReplica:
    """Gives rows of the replica, or None: then `primary` must be asked. Nothing here is ever an error."""

    def __init__(self, primary: Database, replica: Database | None, metrics: Metrics) -> None:
        self.primary = primary
        self._replica = replica
        self._metrics = metrics
        self._position: Position | None = None
        self._position_until = 0.0
        self._asking: Flights[Position] = Flights()
        self._presence = Presence(self._trial)

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
        await self._presence.close()
        await self._asking.close()
        if self._replica is not None:
            await self._replica.close()

    async def fetch(self, name: str, *arguments: object) -> Rows | None:
        """The rows of a named statement, if the replica is there and had seen enough before they were read."""
        replica = self._replica
        if replica is None:
            return None
        if not self._presence.use():
            self._count("unused")
            return None
        try:
            position = await self._current()
        except FAULTS:
            # No fault of the replica: the primary will tell it.
            self._count("refused")
            return None
        gone = self._presence.gone
        reading = asyncio.create_task(replica.fetch_unless(FAULT, position, name, *arguments))
        try:
            either: set[asyncio.Future[Any]] = {reading, gone}
            await asyncio.wait(either, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not reading.done():
                # Nobody waits for its end: asyncpg tells the server of it, which may be what does not answer.
                reading.add_done_callback(lambda done: done.cancelled() or done.exception())
                reading.cancel()
        if reading.done():
            return self._judge(reading)
        if not gone.done():
            self._presence.give_up(TimeoutError.__name__)
        self._count("refused")
        return None

    def _judge(self, reading: asyncio.Task[Rows | str]) -> Rows | None:
        """The rows, if that is what became of it; else notes what it says of the replica."""
        try:
            rows = reading.result()
        except FAULTS as fault:
            if isinstance(fault, errors.Busy | asyncpg.PostgresError):
                self._presence.give_up(type(fault).__name__)
            self._count("refused")
            return None
        if isinstance(rows, str):
            self._presence.leave_alone(rows)
            self._count(BEHIND if rows == BEHIND else "refused")
            return None
        self._presence.answered()
        self._count("answered")
        return rows

    def _count(self, outcome: str) -> None:
        self._metrics.replica_reads.labels(outcome).inc()

    async def _current(self) -> Position:
        """Where the primary's log was lately; those who ask at once ask once. Raises what Database.fetch raises."""
        if self._position is not None and time.monotonic() < self._position_until:
            return self._position
        return await self._asking.join(None, self._ask)

    async def _ask(self) -> Position:
        asked = time.monotonic()
        (row,) = await self.primary.fetch("primary_position")
        self._position = Position(row["flushed"], row["system"], row["timeline"])
        self._position_until = asked + POSITION_SECONDS
        return self._position

    async def _trial(self) -> str:
        """What is wrong with the replica, if anything is."""
        if self._replica is None:
            return "none"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                (row,) = await self._replica.fetch(FAULT, *await self._current())
        except (*FAULTS, TimeoutError) as fault:
            return type(fault).__name__
        return str(row["fault"])
