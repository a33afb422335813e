"""One at a time for each key. Whoever waits holds nothing but a place in the line."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from medtime_backend import errors


class Turns:
    """Lines by key, each of at most `most`; one that nobody stands in is forgotten."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._lines: dict[Hashable, tuple[asyncio.Lock, list[None]]] = {}

    @asynccontextmanager
    async def take(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the turn. Raises Busy when the line is long or does not move for `seconds`."""
        lock, standing = self._lines.setdefault(key, (asyncio.Lock(), []))
        # More would fill the worker with work that cannot begin.
        if len(standing) >= self._most:
            raise errors.Busy
        standing.append(None)
        try:
            if len(standing) == 1:
                # Nobody is there: this does not wait, and needs no time limit.
                await lock.acquire()
            else:
                await self._wait_for(lock)
            try:
                yield
            finally:
                lock.release()
        finally:
            standing.pop()
            if not standing:
                del self._lines[key]

    async def _wait_for(self, lock: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await lock.acquire()
        except TimeoutError:
            raise errors.Busy from None
