"""The answers this process has given lately: what everybody asks for needs no trip to Redis."""

import time
from collections import OrderedDict
from collections.abc import Callable

from medtime_backend.answers.answer import Answer

MOST_BYTES = 32 * 1024 * 1024
ENTRY_BYTES = 600
"""What keeping an answer takes beside its bytes (measured): an empty one is not for nothing."""


class HeldAnswers:
    """The most recently asked ones, up to `most_bytes` in all."""

    def __init__(self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._answers: OrderedDict[str, tuple[Answer, float]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Answer | None:
        """The answer of this key, unless its time is over."""
        found = self._answers.get(key)
        if found is None:
            return None
        if found[1] <= self._clock():
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return found[0]

    def put(self, key: str, answer: Answer, seconds: float) -> None:
        """Hold an answer; the ones that nobody has asked for in the longest time make room."""
        if key in self._answers:
            self._drop(key)
        self._answers[key] = (answer, self._clock() + seconds)
        self._bytes += answer.size + ENTRY_BYTES
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: str) -> None:
        answer, _ = self._answers.pop(key)
        self._bytes -= answer.size + ENTRY_BYTES
