"""Windows and sessions of this process alone: for the time that Redis is away, and for a single process without it."""

import time
from collections.abc import Sequence
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from medtime_backend.admission.terms import (
    LIVE,
    SPAN_SECONDS,
    Admitted,
    Answer,
    ClosedSession,
    Full,
    Reading,
    SessionKey,
    UnknownSession,
    Window,
)

# Sessions kept at most; beyond, the oldest is asked for again.
SESSIONS = 20_000


class InProcessStore:
    """The same answers as SharedStore's, for this process."""

    def __init__(self, session_max_age: float) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._session_max_age = session_max_age
        self._sessions: dict[SessionKey, tuple[str, float]] = {}
        self._generations: dict[UUID, int] = {}

    async def admit(
        self,
        by_address: Sequence[Window],
        session: SessionKey | None = None,
        by_user: Sequence[Window] = (),
        reading: Reading | None = None,
    ) -> Answer:
        """As SharedStore.admit."""
        answer = await self._pass(by_address)
        if isinstance(answer, Full) or session is None:
            return answer
        state = self._state_of(session, reading)
        if state is None:
            return UnknownSession(self._generation_of(session.user_id))
        if state != LIVE:
            return ClosedSession(state)
        return await self._pass(by_user)

    async def end_sessions(self, session: SessionKey, scope: str) -> None:
        """As SharedStore.end_sessions."""
        if len(self._generations) >= SESSIONS:
            del self._generations[next(iter(self._generations))]
        self._generations[session.user_id] = self._generations.pop(session.user_id, 0) + 1
        for known in [key for key in self._sessions if key.user_id == session.user_id]:
            if scope == "global" or (scope == "local") == (known == session):
                del self._sessions[known]

    async def _pass(self, windows: Sequence[Window]) -> Admitted | Full:
        for window in windows:
            item = RateLimitItemPerMinute(window.limit)
            if not await self._limiter.test(item, window.group, window.holder):
                reset, _ = await self._limiter.get_window_stats(item, window.group, window.holder)
                return Full(window, max(reset - time.time(), 0.001))
        admitted = Admitted(-1, 0)
        for window in windows:
            item = RateLimitItemPerMinute(window.limit)
            # Its own clean-up may have come between the test above and this.
            if not await self._limiter.hit(item, window.group, window.holder):
                return Full(window, SPAN_SECONDS)
            reset, remaining = await self._limiter.get_window_stats(item, window.group, window.holder)
            admitted = Admitted(remaining, min(max(reset - time.time(), 0), SPAN_SECONDS))
        return admitted

    def _state_of(self, session: SessionKey, reading: Reading | None) -> str | None:
        now = time.monotonic()
        state, until = self._sessions.get(session, ("", 0.0))
        if until > now:
            return state
        if reading is None or reading.generation != self._generation_of(session.user_id):
            return None
        self._sessions.pop(session, None)
        if len(self._sessions) >= SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[session] = (reading.state, now + self._session_max_age)
        return reading.state

    def _generation_of(self, user_id: UUID) -> str:
        """Never one of Redis's: what was asked for before an outage is not taken during it."""
        return f"own:{self._generations.get(user_id, 0)}"
