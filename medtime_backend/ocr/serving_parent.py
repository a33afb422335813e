"""A warmed parent that serves: who uses it, and whether it answers when it is asked for a worker."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from medtime_backend.ocr.parent_process import ParentFailedError, ParentProcess
from medtime_backend.ocr.worker_ends import WorkerEnds

ANSWER_SECONDS: Final = 5.0
"""What a parent may take to fork. It takes milliseconds, so that only one that hangs comes near this, also on a machine
that is busy with other things; and of the 30 s of a request most are left for a new parent."""


@dataclass(eq=False)
class _Ask:
    """A worker that was asked for: `forked` is done when the parent has answered."""

    forked: asyncio.Future[None]
    limit: asyncio.TimerHandle | None = None

    def settle(self, fault: Exception | None = None) -> None:
        if self.limit is not None:
            self.limit.cancel()
        # Who has given up meanwhile hears nothing.
        if self.forked.done():
            return
        if fault is None:
            self.forked.set_result(None)
        else:
            self.forked.set_exception(fault)


@dataclass(eq=False)
class ServingParent:
    """A parent and what it was asked. It is listened to until `leave`.

    `fail` is called once when it can serve no more, with the class of what was wrong. Each ask has its time by itself,
    also when nobody waits for it any more: else requests that are given up early would hide a parent that hangs.
    """

    process: ParentProcess
    fail: Callable[["ServingParent", str], None]
    users: int = 0
    leaving: bool = False
    failed: bool = False
    _asked: deque[_Ask] = field(default_factory=deque)
    _listening: bool = True

    def __post_init__(self) -> None:
        asyncio.get_running_loop().add_reader(self.process.fileno(), self._hear)

    def can_serve(self) -> bool:
        """Whether it lives, and has answered in time so far."""
        return not self.failed and self.process.is_alive()

    async def worker(self) -> WorkerEnds:
        """The ends of a worker that has been forked, or could not be, which closes them.

        Raises ParentFailedError when the parent has died or does not answer, and OSError when there are no sockets.
        """
        loop = asyncio.get_running_loop()
        try:
            ends = self.process.fork()
        except ParentFailedError as fault:
            self._give_up(fault)
            raise
        try:
            ask = _Ask(loop.create_future())
            ask.limit = loop.call_later(ANSWER_SECONDS, self._judge, ask)
            self._asked.append(ask)
            await ask.forked
        except BaseException:
            ends.close()
            raise
        return ends

    def leave(self) -> None:
        """Listen no more, before the process is ended. Can be called again."""
        self._stop(ParentFailedError("CancelledError"))

    def _hear(self) -> None:
        """Note what it has answered."""
        try:
            for _ in range(self.process.answers()):
                self._asked.popleft().settle()
        except ParentFailedError as fault:
            self._give_up(fault)

    def _judge(self, ask: _Ask) -> None:
        """The time for this ask is over."""
        # The answer may lie here, where the service itself was held up.
        self._hear()
        if ask in self._asked:
            self._give_up(ParentFailedError(TimeoutError.__name__))

    def _give_up(self, fault: ParentFailedError) -> None:
        if not self.failed:
            self.failed = True
            self._stop(fault)
            self.fail(self, str(fault))

    def _stop(self, fault: ParentFailedError) -> None:
        if self._listening:
            self._listening = False
            asyncio.get_running_loop().remove_reader(self.process.fileno())
        while self._asked:
            self._asked.popleft().settle(fault)
