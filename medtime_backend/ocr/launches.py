"""Starting and ending warmed parents, which blocks, in threads."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.parent_process import END_SECONDS, ParentFailedError, ParentProcess


class Launches:
    """Starts parents, each told what `prepare` gives, and ends them without anybody's waiting."""

    def __init__(self, prepare: Callable[[], Awaitable[Preparation]]) -> None:
        self._prepare = prepare
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> ParentProcess:
        """One that is warm. Raises ParentFailedError, and what `prepare` raises."""
        preparation = await self._prepare()
        launching = asyncio.ensure_future(asyncio.to_thread(ParentProcess.launch))
        try:
            process = await asyncio.shield(launching)
        except asyncio.CancelledError:
            # The thread goes on all the same; it takes some milliseconds.
            with contextlib.suppress(ParentFailedError):
                self.end(await launching)
            raise
        try:
            await asyncio.to_thread(process.warm, preparation)
        except BaseException:
            self.end(process)
            raise
        return process

    def end(self, process: ParentProcess, patience: float = END_SECONDS) -> None:
        """Begin to end one; it is killed after so many seconds."""
        ending = asyncio.create_task(asyncio.to_thread(process.end, patience))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Wait until all that were to end have ended."""
        while self._ending:
            await asyncio.wait(self._ending)
