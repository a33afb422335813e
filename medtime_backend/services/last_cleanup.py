"""When the cleanup last came to its end, for /metrics: asked of the database, so that every worker tells the same."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.metrics import Metrics

KEPT_SECONDS: Final = 60.0
LONGEST_LOOK: Final = 2.0

log = structlog.get_logger()


class LastCleanup:
    """Keeps the gauge; however often it is refreshed, the database is asked once a minute."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._gauge = metrics.cleanup_last_success
        self._clock = clock
        self._asked_at = -KEPT_SECONDS

    async def refresh(self, database: Database) -> None:
        """Bring the gauge up to date. While the database does not answer, it stays what it was."""
        if self._clock() - self._asked_at < KEPT_SECONDS:
            return
        # Before the answer is there: who comes meanwhile does not ask again.
        self._asked_at = self._clock()
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                rows = await database.fetch("cleanup_last_success")
        except (errors.Problem, asyncpg.PostgresError, TimeoutError) as fault:
            log.warning("last_cleanup_unknown", code=type(fault).__name__)
        else:
            self._gauge.set(rows[0]["seconds"])
