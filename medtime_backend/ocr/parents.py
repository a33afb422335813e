"""The warmed parent in use, the one that is to follow it, and those that end when their last worker is done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.launches import Launches
from medtime_backend.ocr.parent_process import END_SECONDS, ParentFailedError
from medtime_backend.ocr.serving_parent import ServingParent

RESTART_SECONDS: Final = 5.0
"""Between two tries to warm a parent while there is none."""
RENEWAL_SECONDS: Final = 60.0
"""Between two tries to warm a new one while the old one serves."""

log = structlog.get_logger()


class ParentsClosedError(Exception):
    """The service stops: no parent is warmed any more."""


class WarmedParents:
    """One parent at a time for new requests. A renewal warms the next one beside it, so nobody waits for that.

    `prepare` gives what a new parent is told.
    """

    def __init__(self, prepare: Callable[[], Awaitable[Preparation]]) -> None:
        self._launches = Launches(prepare)
        self._current: ServingParent | None = None
        self._serving: set[ServingParent] = set()
        self._warm = asyncio.Event()
        self._lost = asyncio.Event()
        self._stale = False
        self._closed = False
        self._warming: asyncio.Task[None] | None = None

    def open(self, after: float = 0.0) -> None:
        """Begin to warm a parent in so many seconds, without waiting for it."""
        if not self._closed and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm_up(after))

    def renew(self) -> None:
        """Have a parent warmed that is told anew. The one in use serves until then, and ends after its last worker."""
        self._stale = True
        self.open()

    async def close(self) -> None:
        """End all parents and every worker."""
        self._closed = True
        if self._warming is not None:
            self._warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._warming
        self._current = None
        for parent in tuple(self._serving):
            self._part_with(parent)
        # Whoever waits for a parent learns that none comes.
        self._warm.set()
        await self._launches.close()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[ServingParent]:
        """A parent to fork from; it does not end before the block does. Raises ParentsClosedError."""
        parent = await self._ready()
        parent.users += 1
        try:
            yield parent
        finally:
            parent.users -= 1
            self._let_go(parent)

    async def _ready(self) -> ServingParent:
        if self._current is not None and not self._current.can_serve():
            self._drop(self._current)
        while self._current is None:
            if self._closed:
                raise ParentsClosedError
            self.open()
            await self._warm.wait()
        return self._current

    async def _warm_up(self, after: float) -> None:
        await asyncio.sleep(after)
        while self._current is None or self._stale:
            # Who asks for a renewal from now on means another one.
            self._stale = False
            self._lost.clear()
            try:
                process = await self._launches.start()
            # Told by its class: it may be the database, the keys or the engine.
            except Exception as fault:  # noqa: BLE001
                await self._wait_after(fault)
            else:
                former, self._current = self._current, ServingParent(process, self._lose)
                self._serving.add(self._current)
                self._warm.set()
                if former is not None:
                    self._retire(former)

    async def _wait_after(self, fault: Exception) -> None:
        """Log it and wait for the next try; where the parent in use is lost meanwhile, no longer."""
        code = str(fault) if isinstance(fault, ParentFailedError) else type(fault).__name__
        if self._current is None:
            log.warning("ocr_engine_not_ready", code=code)
            await asyncio.sleep(RESTART_SECONDS)
            return
        log.warning("ocr_engine_not_renewed", code=code)
        self._stale = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RENEWAL_SECONDS):
                await self._lost.wait()

    def _lose(self, parent: ServingParent, code: str) -> None:
        """Have nobody served by one that can no more. Workers that it has forked go on."""
        log.warning("ocr_engine_lost", code=code)
        if parent is self._current:
            self._drop(parent)

    def _drop(self, parent: ServingParent) -> None:
        """Have nobody served by the current parent from now on."""
        self._current = None
        self._warm.clear()
        self._lost.set()
        self._retire(parent)

    def _retire(self, parent: ServingParent) -> None:
        parent.leaving = True
        self._let_go(parent)

    def _let_go(self, parent: ServingParent) -> None:
        if parent.leaving and not parent.users:
            self._part_with(parent)

    def _part_with(self, parent: ServingParent) -> None:
        if parent in self._serving:
            self._serving.remove(parent)
            parent.leave()
            # One that hangs would not hear that its socket is closed.
            self._launches.end(parent.process, 0.0 if parent.failed else END_SECONDS)
