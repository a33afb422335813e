"""The warmed parent in use, the one that is to follow it, and those that end when their last worker is done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.parent_process import ParentFailedError, ParentProcess

RESTART_SECONDS: Final = 5.0
"""Between two tries to warm a parent while there is none."""
RENEWAL_SECONDS: Final = 60.0
"""Between two tries to warm a new one while the old one serves."""

log = structlog.get_logger()


class ParentsClosedError(Exception):
    """The service stops: no parent is warmed any more."""


@dataclass(eq=False)
class _Parent:
    """A parent, how many use it, and whether it ends after them."""

    process: ParentProcess
    users: int = 0
    leaving: bool = False


class WarmedParents:
    """One parent at a time for new requests. A renewal warms the next one beside it, so nobody waits for that.

    `prepare` gives what a new parent is told.
    """

    def __init__(self, prepare: Callable[[], Awaitable[Preparation]]) -> None:
        self._prepare = prepare
        self._current: _Parent | None = None
        self._warm = asyncio.Event()
        self._lost = asyncio.Event()
        self._stale = False
        self._closed = False
        self._warming: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

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
        if self._current is not None:
            self._end(self._current.process)
            self._current = None
        # Whoever waits for a parent learns that none comes.
        self._warm.set()
        while self._ending:
            await asyncio.wait(self._ending)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[ParentProcess]:
        """A parent to fork from; it does not end before the block does. Raises ParentsClosedError."""
        parent = await self._ready()
        parent.users += 1
        try:
            yield parent.process
        finally:
            parent.users -= 1
            self._let_go(parent)

    async def _ready(self) -> _Parent:
        if self._current is not None and not self._current.process.is_alive():
            self._retire(self._current)
            self._current = None
            self._warm.clear()
            self._lost.set()
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
                process = await self._start()
            # Told by its class: it may be the database, the keys or the engine.
            except Exception as fault:  # noqa: BLE001
                await self._wait_after(fault)
            else:
                former, self._current = self._current, _Parent(process)
                self._warm.set()
                if former is not None:
                    self._retire(former)

    async def _start(self) -> ParentProcess:
        preparation = await self._prepare()
        launching = asyncio.ensure_future(asyncio.to_thread(ParentProcess.launch))
        try:
            process = await asyncio.shield(launching)
        except asyncio.CancelledError:
            # The thread goes on all the same; it takes some milliseconds.
            with contextlib.suppress(ParentFailedError):
                self._end(await launching)
            raise
        try:
            await asyncio.to_thread(process.warm, preparation)
        except BaseException:
            self._end(process)
            raise
        return process

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

    def _retire(self, parent: _Parent) -> None:
        parent.leaving = True
        self._let_go(parent)

    def _let_go(self, parent: _Parent) -> None:
        if parent.leaving and not parent.users:
            self._end(parent.process)

    def _end(self, process: ParentProcess) -> None:
        """End a parent in a thread; `close` waits for it."""
        ending = asyncio.create_task(asyncio.to_thread(process.end))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
