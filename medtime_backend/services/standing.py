"""What the database knows for /metrics: the cleanup's last end, the age of the catalog, how wake-ups stand.

Asked only when somebody scrapes, and each only so often: whichever worker is scraped tells for all (docs/metrics.md).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import asyncpg
import msgspec
import structlog

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.metrics import Metrics

KEPT_SECONDS: Final = 60.0
QUEUE_KEPT_SECONDS: Final = 15.0
LONGEST_LOOK: Final = 2.0
STATES: Final = {"waiting": "waiting", "at_work": "at_work", "set_aside": "set_aside_now"}
OUTCOMES: Final = ("queued", "sent", "retried", "dead", "set_aside")

Rows = Sequence[asyncpg.Record]

log = structlog.get_logger()


def _tell_cleanup(metrics: Metrics, rows: Rows) -> None:
    metrics.cleanup_last_success.set(rows[0]["seconds"])


def _tell_releases(metrics: Metrics, rows: Rows) -> None:
    for release in rows:
        metrics.catalog_released.labels(release["source"]).set(release["seconds"])


def _tell_wakeups(metrics: Metrics, rows: Rows) -> None:
    state = msgspec.json.decode(rows[0]["state"])
    for label, member in STATES.items():
        metrics.wakeups.labels(label).set(state[member])
    for outcome in OUTCOMES:
        metrics.wakeups_done.labels(outcome).set(state[outcome])
    metrics.wakeup_oldest.set(state["oldest_seconds"])


class Fact(NamedTuple):
    """A named statement, how long its answer is good for, and what it says to the metrics."""

    statement: str
    seconds: float
    tell: Callable[[Metrics, Rows], None]


FACTS: Final = (
    Fact("cleanup_last_success", KEPT_SECONDS, _tell_cleanup),
    Fact("catalog_released", KEPT_SECONDS, _tell_releases),
    Fact("wakeup_state", QUEUE_KEPT_SECONDS, _tell_wakeups),
)


class Standing:
    """Keeps the gauges; however often they are refreshed, the database is asked no more often than the facts say."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._known_until: dict[str, float] = {}

    async def refresh(self, database: Database) -> None:
        """Bring the gauges up to date. While the database does not answer, they stay what they were."""
        now = self._clock()
        due = [fact for fact in FACTS if now >= self._known_until.get(fact.statement, now)]
        # Before the answers are there: who comes meanwhile does not ask again.
        self._known_until.update({fact.statement: now + fact.seconds for fact in due})
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                for fact in due:
                    fact.tell(self._metrics, await database.fetch(fact.statement))
        except (errors.Problem, asyncpg.PostgresError, TimeoutError) as fault:
            log.warning("standing_unknown", code=type(fault).__name__)
