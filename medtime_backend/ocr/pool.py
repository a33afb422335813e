"""Workers for the service: a bounded number at once, a bounded queue before them."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from medtime_backend.ocr.conversation import Ended, converse
from medtime_backend.ocr.frames import Preparation, Task
from medtime_backend.ocr.parent_process import ParentFailedError
from medtime_backend.ocr.parents import ParentsClosedError, WarmedParents
from medtime_backend.ocr.worker_ends import WorkerEnds

WAIT_SECONDS: Final = 30.0
"""What a request waits for a worker at most."""
PARENTS_ASKED: Final = 2
"""By one request: that a second parent hangs too is no accident that another try would mend."""


class PoolBusyError(Exception):
    """No worker is to be had now."""


class WorkerNotStartedError(Exception):
    """A worker was asked for and could not be forked."""


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
        self._parents = WarmedParents(prepare)
        self._tell = tell
        self._slots = asyncio.Semaphore(workers)
        self._most = workers + queue
        self._inside = 0
        self.busy = 0

    @property
    def waiting(self) -> int:
        """Requests without a worker yet."""
        return self._inside - self.busy

    def open(self, after: float = 0.0) -> None:
        """Begin to warm a parent in so many seconds, without waiting for it."""
        self._parents.open(after)

    def renew(self) -> None:
        """Have requests served by a parent that is told anew, as soon as it is warm. None waits for that."""
        self._parents.renew()

    async def close(self) -> None:
        """End the parents and every worker."""
        await self._parents.close()

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
        """A worker of one's own, for one task, which ends with the block.

        Raises PoolBusyError when none is free in time, and WorkerNotStartedError.
        """
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await held.enter_async_context(self._slot())
                    worker = await held.enter_async_context(self._started())
            except (TimeoutError, ParentsClosedError):
                raise PoolBusyError from None
            yield functools.partial(converse, worker)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        async with self._slots:
            self.busy += 1
            self._tell(self.busy, self.waiting)
            try:
                yield
            finally:
                self.busy -= 1
                self._tell(self.busy, self.waiting)

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[WorkerEnds]:
        """A worker; where its parent has died or hangs, one of a new parent's. Raises WorkerNotStartedError."""
        for _ in range(PARENTS_ASKED):
            async with self._parents.one() as parent:
                try:
                    worker = await parent.worker()
                except ParentFailedError:
                    continue
                except OSError:
                    break
                with worker:
                    yield worker
                return
        raise WorkerNotStartedError
