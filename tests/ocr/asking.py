"""Asking a pool of workers, with a preparation that fails or waits as a test wants."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from medtime_backend.ocr.conversation import Ended
from medtime_backend.ocr.frames import Preparation, Task
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.pool import WorkerPool
from tests.ocr.sealed import seal


class Preparing:
    """Prepares as often as asked, and fails as often as it is told to first."""

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation
        self.times = 0
        self.failures = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self) -> Preparation:
        self.times += 1
        if self.times <= self.failures:
            raise ConnectionRefusedError
        await self.may_go_on.wait()
        return self._preparation


async def ask(pool: WorkerPool, pair: KeyPair, image: bytes = b"%PDF") -> Ended:
    async with pool.place(), pool.worker() as run:
        return await read_by(run, pair, image)


async def read_by(run: Callable[[Task, bytes], Awaitable[Ended]], pair: KeyPair, image: bytes = b"%PDF") -> Ended:
    """Have a worker that is there read an image."""
    sealed = seal(pair.id, pair.key, uuid4(), image)
    return await run(Task(sealed.user_id, pair.id), sealed.content)
