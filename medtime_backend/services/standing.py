"""What the database knows for /metrics: when the cleanup last ended, and from when the catalog is."""

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


class Standing:
    """Keeps the gauges; however often they are refreshed, the database is asked once a minute."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._asked_at = -KEPT_SECONDS

    async def refresh(self, database: Database) -> None:
        """Bring the gauges up to date. While the database does not answer, they stay what they were."""
        if self._clock() - self._asked_at < KEPT_SECONDS:
            return
        # Before the answer is there: who comes meanwhile does not ask again.
        self._asked_at = self._clock()
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                (cleanup,) = await database.fetch("cleanup_last_success")
                releases = await database.fetch("catalog_released")
        except (errors.Problem, asyncpg.PostgresError, TimeoutError) as fault:
            log.warning("standing_unknown", code=type(fault).__name__)
        else:
            self._metrics.cleanup_last_success.set(cleanup["seconds"])
            for release in releases:
                self._metrics.catalog_released.labels(release["source"]).set(release["seconds"])
