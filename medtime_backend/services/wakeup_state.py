"""How wake-ups stand, for /metrics: asked of the database, so that every worker tells the same."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import asyncpg
import msgspec
import structlog

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.metrics import Metrics

KEPT_SECONDS: Final = 15.0
LONGEST_LOOK: Final = 2.0
STATES: Final = {"waiting": "waiting", "at_work": "at_work", "set_aside": "set_aside_now"}
OUTCOMES: Final = ("queued", "sent", "retried", "dead", "set_aside")

log = structlog.get_logger()


class WakeupState:
    """Keeps the gauges; however often they are refreshed, the database is asked four times a minute."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._asked_at = -KEPT_SECONDS

    async def refresh(self, database: Database) -> None:
        """Bring the gauges up to date. While the database does not answer, they stay what they were."""
        if self._clock() - self._asked_at < KEPT_SECONDS:
            return
        self._asked_at = self._clock()
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                rows = await database.fetch("wakeup_state")
        except (errors.Problem, asyncpg.PostgresError, TimeoutError) as fault:
            log.warning("wakeup_state_unknown", code=type(fault).__name__)
            return
        state = msgspec.json.decode(rows[0]["state"])
        for label, member in STATES.items():
            self._metrics.wakeups.labels(label).set(state[member])
        for outcome in OUTCOMES:
            self._metrics.wakeups_done.labels(outcome).set(state[outcome])
        self._metrics.wakeup_oldest.set(state["oldest_seconds"] or 0)
