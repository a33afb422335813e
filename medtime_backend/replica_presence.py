"""Whether a replica is used: until somebody notices a fault, and again once it was tried in the background."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

PAUSE_SECONDS = 1.0
"""So long is a replica left alone that is away or behind; twice as long each time it still is."""
LONGEST_PAUSE_SECONDS = 30.0
TELL_SECONDS = 60.0

log = structlog.get_logger()


class Presence:
    """Of one replica. What one request finds out holds for all, and no request waits to find out that it is back.

    `try_again` gives a code of what is wrong, or nothing.
    """

    def __init__(self, try_again: Callable[[], Awaitable[str]]) -> None:
        self._try_again = try_again
        self._there = True
        self._trial: asyncio.Task[None] | None = None
        self._pause = PAUSE_SECONDS
        self._until = 0.0
        self._told_at = -TELL_SECONDS
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once it is away: whoever is waiting for it need not wait any longer."""

    def use(self) -> bool:
        """Whether it is to be used now. When a pause is over, has it tried."""
        if not self._there and self._trial is None and time.monotonic() >= self._until:
            self._trial = asyncio.create_task(self._try())
        return self._there

    def answered(self) -> None:
        """Note that it has answered a request."""
        self._pause = PAUSE_SECONDS

    def leave_alone(self, code: str) -> None:
        """Use it no more for the time being. What it is working on may still be right."""
        now = time.monotonic()
        # Many may notice the same: it counts once.
        if self._there or self._trial is not None:
            self._until = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        self._there = False
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            log.warning("replica_not_used", code=code)

    def give_up(self, code: str) -> None:
        """Use it no more for the time being, and wait no more for what it is working on."""
        self.leave_alone(code)
        if not self.gone.done():
            self.gone.set_result(None)

    async def close(self) -> None:
        """End a trial."""
        if self._trial is not None:
            self._trial.cancel()
            await asyncio.gather(self._trial, return_exceptions=True)

    async def _try(self) -> None:
        try:
            code = await self._try_again()
            if code:
                self.leave_alone(code)
            else:
                self._there = True
                self.gone = asyncio.get_running_loop().create_future()
        finally:
            self._trial = None
