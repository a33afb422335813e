"""Workers for the service: a bounded number at once, a bounded queue before them, a warmed parent that is renewed."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from medtime_backend.ocr import frames
from medtime_backend.ocr.frames import Outcome, Preparation, Task
from medtime_backend.ocr.limits import SECONDS
from medtime_backend.ocr.parent_process import ParentFailedError, ParentProcess

GRACE_SECONDS: Final = 2.0
"""What the kernel may take beyond a worker's time to end it."""
WAIT_SECONDS: Final = 30.0
"""What a request waits for a worker at most."""
RESTART_SECONDS: Final = 5.0
"""Between two tries to warm a parent."""

log = structlog.get_logger()


class PoolBusyError(Exception):
    """No worker is to be had now."""


@dataclass(frozen=True)
class Ended:
    """What came of a task: the outcome, and the sealed answer where there is one."""

    outcome: Outcome
    answer: bytes = b""


class WorkerPool:
    """At most `workers` at once and `queue` waiting.

    `prepare` gives what a new parent is told; `tell` is told how many are busy and how many wait, when that changes.
    """

    def __init__(
        self,
        prepare: Callable[[], Awaitable[Preparation]],
        *,
        workers: int,
        queue: int,
        tell: Callable[[int, int], None] = lambda _busy, _waiting: None,
    ) -> None:
        self._prepare = prepare
        self._tell = tell
        self._slots = asyncio.Semaphore(workers)
        self._most = workers + queue
        self._parent: ParentProcess | None = None
        self._warm = asyncio.Event()
        self._warming: asyncio.Task[None] | None = None
        self._inside = 0
        self._stale = False
        self.busy = 0

    @property
    def waiting(self) -> int:
        """Requests without a worker yet."""
        return self._inside - self.busy

    def open(self, after: float = 0.0) -> None:
        """Begin to warm a parent in so many seconds, without waiting for it."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm_up(after))

    def renew(self) -> None:
        """Have the next requests served by a parent that is told anew, once no worker of this one is busy."""
        self._stale = True

    async def close(self) -> None:
        """End the parent and every worker."""
        if self._warming is not None:
            self._warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._warming
        if self._parent is not None:
            await asyncio.to_thread(self._parent.end)
            self._parent = None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the house, before the body is read: so many bodies are in memory, and no more.

        Raises PoolBusyError.
        """
        if self._inside >= self._most:
            raise PoolBusyError
        self._inside += 1
        self._tell(self.busy, self.waiting)
        try:
            yield
        finally:
            self._inside -= 1
            self._tell(self.busy, self.waiting)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Callable[[Task, bytes], Awaitable[Ended]]]:
        """A worker of one's own, for one task. Raises PoolBusyError when none is free in time."""
        await _in_time(self._slots.acquire())
        self.busy += 1
        self._tell(self.busy, self.waiting)
        try:
            await _in_time(self._ready())
            yield self._run
        finally:
            self.busy -= 1
            self._tell(self.busy, self.waiting)
            self._slots.release()

    async def _run(self, task: Task, sealed: bytes) -> Ended:
        """Hand a task to a new worker. A worker that ends without a word is an outcome too."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(SECONDS + GRACE_SECONDS):
                return await self._talk(task, sealed)
        except (OSError, EOFError, msgspec.MsgspecError, asyncio.IncompleteReadError, TimeoutError):
            in_time = time.monotonic() - begun < SECONDS - GRACE_SECONDS
            return Ended(Outcome("ocr-failed" if in_time else "ocr-timed-out"))

    async def _talk(self, task: Task, sealed: bytes) -> Ended:
        if self._parent is None:
            raise EOFError
        connection = self._parent.fork()
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        try:
            for content in (msgspec.msgpack.encode(task), sealed):
                writer.write(frames.LENGTH.pack(len(content)))
                writer.write(content)
            await writer.drain()
            outcome = msgspec.msgpack.decode(await _frame(reader), type=Outcome)
            return Ended(outcome, b"" if outcome.problem else await _frame(reader))
        finally:
            # At this the worker ends.
            writer.close()

    async def _ready(self) -> None:
        stale = self._stale and self.busy == 1
        if self._parent is not None and (stale or not self._parent.is_alive()):
            ended, self._parent = self._parent, None
            self._warm.clear()
            await asyncio.to_thread(ended.end)
        if self._parent is None:
            self.open()
            await self._warm.wait()

    async def _warm_up(self, after: float) -> None:
        await asyncio.sleep(after)
        while self._parent is None:
            try:
                self._stale = False
                preparation = await self._prepare()
                self._parent = await asyncio.to_thread(ParentProcess.start, preparation)
                self._warm.set()
            # Told by its class: it may be the database, the keys or the engine.
            except Exception as fault:  # noqa: BLE001
                code = str(fault) if isinstance(fault, ParentFailedError) else type(fault).__name__
                log.warning("ocr_engine_not_ready", code=code)
                await asyncio.sleep(RESTART_SECONDS)


async def _in_time(waiting: Awaitable[object]) -> None:
    try:
        await asyncio.wait_for(waiting, WAIT_SECONDS)
    except TimeoutError:
        raise PoolBusyError from None


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = frames.LENGTH.unpack(await reader.readexactly(frames.LENGTH.size))
    return await reader.readexactly(min(length, frames.LARGEST))
