"""A worker takes in so much work and no more: beyond that it says so at once, instead of answering everybody late."""

import random

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from medtime_backend import errors
from medtime_backend.authentication import UNCOUNTED
from medtime_backend.deadlines import Deadlines
from medtime_backend.settings import Settings

# Not all at once again.
LONGEST_RETRY = 3


class Shedding(ASGIMiddleware):
    """Counts the requests inside, refuses those beyond the limit, and ends those that take too long.

    Health and metrics pass: who decides by them must be answered when the worker is full.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self._most = settings.concurrent_requests
        self._deadlines = Deadlines(settings.request_timeout)
        self._inside = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in. Raises Overloaded, and Busy when its time is over."""
        if scope["route_handler"].opt.get(UNCOUNTED):
            await next_app(scope, receive, send)
            return
        if self._inside >= self._most:
            raise errors.Overloaded(retry_after=random.randint(1, LONGEST_RETRY))  # noqa: S311 - to spread, not to hide
        deadline = self._deadlines.begin()
        self._inside += 1
        try:
            with deadline:
                await next_app(scope, receive, send)
        except TimeoutError:
            if not deadline.expired:
                raise
            raise errors.Busy from None
        finally:
            self._inside -= 1
