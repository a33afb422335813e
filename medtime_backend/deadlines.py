"""A time limit for each request, kept by one timer for all of them: one each was a noticeable part of a request."""

import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """Bounds what the current task does within. Raises TimeoutError when its time is over, as asyncio.timeout does."""

    def __init__(self, running: "dict[Deadline, None]", task: "asyncio.Task[object]", until: float) -> None:
        self._running = running
        self._task = task
        self._cancelling = task.cancelling()
        self.until = until
        self.expired = False

    def __enter__(self) -> Self:
        self._running[self] = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.pop(self, None)
        # Somebody else may want the task to end as well: then it is not ours to call off.
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from fault

    def expire(self) -> None:
        """End the task."""
        self.expired = True
        self._task.cancel()


class Deadlines:
    """Ends what takes longer than `seconds`. All have the same time, so they end in the order in which they began."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """A deadline of the current task, from now on; to be entered at once. Raises RuntimeError outside of one."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("only a task can be given a deadline")
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._end_late)
        return Deadline(self._running, task, loop.time() + self._seconds)

    def _end_late(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._running:
            first = next(iter(self._running))
            if first.until > loop.time():
                self._timer = loop.call_at(first.until, self._end_late)
                return
            del self._running[first]
            first.expire()
