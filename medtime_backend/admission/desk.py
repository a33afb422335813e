"""The desk every request passes: what a full window or a session that is not live means for the caller."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

from medtime_backend import errors
from medtime_backend.admission.in_process import InProcessStore
from medtime_backend.admission.shared import SharedStore
from medtime_backend.admission.store import FailoverStore
from medtime_backend.admission.terms import (
    Admitted,
    Answer,
    ClosedSession,
    Full,
    Reading,
    SessionKey,
    UnknownSession,
    Window,
)
from medtime_backend.client_address import holder_of
from medtime_backend.identity import Identity
from medtime_backend.metrics import Metrics
from medtime_backend.settings import Settings

CLOSED: Final[Mapping[str, type[errors.AccessRefused]]] = {
    "ended": errors.SessionEnded,
    "unknown-user": errors.UnknownUser,
    "banned": errors.BannedUser,
}
# Full addresses remembered, so that a flood does not become one of Redis.
FULL_ADDRESSES = 10_000
READINGS = 3


class RateStatus(NamedTuple):
    """What the X-RateLimit headers tell: requests a minute, those left, seconds until there is more room."""

    limit: int
    remaining: int
    reset: int


class AdmissionDesk:
    """Counts and looks up; `look_up` reads a session's state from the database when nobody has lately."""

    def __init__(self, settings: Settings, metrics: Metrics, look_up: Callable[[SessionKey], Awaitable[str]]) -> None:
        self._rates = settings.rates
        self._address_limits = {
            "address": settings.rate_address,
            "sign_in": settings.rate_sign_in,
            "catalog": settings.rates["free"]["catalog"],
        }
        shared = (
            SharedStore(settings.redis_url, settings.redis_timeout, settings.session_max_age)
            if settings.redis_url
            else None
        )
        self._store = FailoverStore(shared, InProcessStore(settings.session_max_age), metrics)
        self._look_up = look_up
        self._full: dict[Window, float] = {}

    async def admit_address(self, address: str, group: str | None = None) -> RateStatus:
        """Count a request of nobody in particular, also in a group (sign_in, catalog). Raises RateLimited."""
        windows = self._windows(address, "address", *([group] if group else []))
        self._refuse_if_full(windows)
        answer = await self._ask(windows)
        return self._status(answer, windows[-1], windows)

    async def admit(self, address: str, identity: Identity, group: str | None) -> RateStatus | None:
        """Count a user's request against the address and the group, if the session is live.

        Gives None for a route of no group. Raises RateLimited, SessionEnded, UnknownUser, BannedUser, Busy, and
        what reading the session's state raises.
        """
        by_address = self._windows(address, "address")
        self._refuse_if_full(by_address)
        by_user = [Window(group, str(identity.user_id), self._rates[identity.tier][group])] if group else []
        session = SessionKey(identity.user_id, identity.session_id)
        answer = await self._ask(by_address, session, by_user)
        # Bounded: sessions of this user being ended meanwhile make a reading void.
        for _ in range(READINGS):
            if not isinstance(answer, UnknownSession):
                break
            reading = Reading(await self._look_up(session), answer.generation)
            answer = await self._ask((), session, by_user, reading)
        status = self._status(answer, by_user[-1] if by_user else by_address[-1], by_address)
        return status if group else None

    async def end_sessions(self, identity: Identity, scope: str) -> None:
        """Make the sessions that Auth has just ended end everywhere at once; scope is local, others or global."""
        session = SessionKey(identity.user_id, identity.session_id)
        await self._store.end_sessions(session, scope)

    @property
    def redis(self) -> str:
        """How Redis is: ok, away or none."""
        return self._store.state

    async def open(self) -> None:
        """Connect to Redis; without it the service starts all the same."""
        await self._store.open()

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._store.close()

    async def _ask(
        self,
        by_address: Sequence[Window],
        session: SessionKey | None = None,
        by_user: Sequence[Window] = (),
        reading: Reading | None = None,
    ) -> Answer:
        return await self._store.run(lambda store: store.admit(by_address, session, by_user, reading))

    def _windows(self, address: str, *groups: str) -> list[Window]:
        return [Window(group, holder_of(address), self._address_limits[group]) for group in groups]

    def _refuse_if_full(self, windows: list[Window]) -> None:
        for window in windows:
            until = self._full.get(window)
            if until is None:
                continue
            left = until - time.monotonic()
            if left > 0:
                raise _rate_limited(Full(window, left))
            del self._full[window]

    def _remember_full(self, full: Full) -> None:
        if len(self._full) >= FULL_ADDRESSES:
            del self._full[next(iter(self._full))]
        self._full[full.window] = time.monotonic() + full.reset

    def _status(self, answer: Answer, window: Window, by_address: Sequence[Window]) -> RateStatus:
        if isinstance(answer, Admitted):
            return RateStatus(window.limit, answer.remaining, math.ceil(answer.reset))
        if isinstance(answer, Full):
            if answer.window in by_address:
                self._remember_full(answer)
            raise _rate_limited(answer)
        if isinstance(answer, ClosedSession):
            raise CLOSED.get(answer.state, errors.SessionEnded)
        # Sessions of the user were ended again and again while we looked: what became of this one is not known.
        raise errors.Busy


def _rate_limited(full: Full) -> errors.RateLimited:
    wait = max(1, math.ceil(full.reset))
    problem = errors.RateLimited(full.window.group, wait, limit=full.window.limit)
    problem.headers |= headers_of(RateStatus(full.window.limit, 0, wait))
    return problem


def headers_of(status: RateStatus) -> dict[str, str]:
    """The headers that tell a client how many requests are left."""
    return {
        "X-RateLimit-Limit": str(status.limit),
        "X-RateLimit-Remaining": str(status.remaining),
        "X-RateLimit-Reset": str(status.reset),
    }
