"""Redis when it answers, this process when it does not: an outage of Redis is never one of the service."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from medtime_backend.admission.in_process import InProcessStore
from medtime_backend.admission.shared import CONNECTIONS, SharedStore, StoreUnavailableError
from medtime_backend.admission.terms import SessionKey
from medtime_backend.metrics import Metrics

# While Redis is away, one request in this many seconds tries it again; the others do not wait for it.
RETRY_SECONDS = 1.0
# An outage that comes and goes is told once in this many seconds.
TELL_SECONDS = 60.0

Result = TypeVar("Result")
Store = SharedStore | InProcessStore

log = structlog.get_logger()


class Clock(Protocol):
    """Seconds that only grow."""

    def __call__(self) -> float:
        """Now."""


class FailoverStore:
    """Asks the shared store, and the one of this process while that is away."""

    def __init__(
        self, shared: SharedStore | None, own: InProcessStore, metrics: Metrics, clock: Clock = time.monotonic
    ) -> None:
        self._shared = shared
        self._own = own
        self._metrics = metrics
        self._clock = clock
        self._away_until: float | None = None
        self._told_at = -TELL_SECONDS
        self._told = False
        self._turn = asyncio.Semaphore(CONNECTIONS)
        metrics.redis_up.set(0)
        if shared is None:
            log.warning("redis_not_configured")

    @property
    def state(self) -> str:
        """How Redis is: ok, away, or none where there is no address of one."""
        if self._shared is None:
            return "none"
        return "ok" if self._away_until is None else "away"

    async def run(self, ask: Callable[[Store], Awaitable[Result]]) -> Result:
        """What the store in use answers."""
        if self._shared is not None:
            try:
                # Who has waited for a turn looks again whether Redis is there.
                async with self._turn:
                    if self._try_now():
                        # Only who was sent to try ends an outage, not an answer that was already on its way.
                        trying = self._away_until is not None
                        answer = await ask(self._shared)
                        if trying or self._away_until is None:
                            self._note_answer()
                        return answer
            except StoreUnavailableError as fault:
                self._note_outage(fault)
        self._metrics.admissions_without_redis.inc()
        return await ask(self._own)

    async def end_sessions(self, session: SessionKey, scope: str) -> None:
        """End sessions in the shared store, and in this process too: it may have noted them in an outage."""
        await self._own.end_sessions(session, scope)
        await self.run(lambda store: store.end_sessions(session, scope))

    async def open(self) -> None:
        """Connect to Redis. Without it the service starts all the same."""
        if self._shared is not None:
            try:
                await self._shared.open()
            except StoreUnavailableError as fault:
                self._note_outage(fault)
            else:
                self._note_answer()

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.close()

    def _try_now(self) -> bool:
        if self._away_until is None:
            return True
        if self._clock() < self._away_until:
            return False
        # This request tries; whoever comes meanwhile goes on without.
        self._away_until = self._clock() + RETRY_SECONDS
        return True

    def _note_outage(self, fault: StoreUnavailableError) -> None:
        self._away_until = self._clock() + RETRY_SECONDS
        self._metrics.redis_up.set(0)
        if self._clock() - self._told_at >= TELL_SECONDS:
            self._told_at = self._clock()
            self._told = True
            log.warning("redis_unavailable", code=str(fault))

    def _note_answer(self) -> None:
        if self._told:
            self._told = False
            log.info("redis_back")
        self._away_until = None
        self._metrics.redis_up.set(1)
