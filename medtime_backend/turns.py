"""One at a time for each key. Whoever waits holds nothing but a place in the line."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from medtime_backend import errors

MOST_WAITING = 8
"""More of one key are refused: they would fill the worker with work that cannot begin."""


class Turns:
    """Lines by key; one that nobody stands in is forgotten."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lines: dict[Hashable, tuple[asyncio.Lock, list[None]]] = {}

    @asynccontextmanager
    async def take(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the turn. Raises Busy when the line is long or does not move for `seconds`."""
        lock, standing = self._lines.setdefault(key, (asyncio.Lock(), []))
        if len(standing) > MOST_WAITING:
            raise errors.Busy
        standing.append(None)
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await lock.acquire()
            except TimeoutError:
                raise errors.Busy from None
            try:
                yield
            finally:
                lock.release()
        finally:
            standing.pop()
            if not standing:
                del self._lines[key]
