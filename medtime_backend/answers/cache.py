"""Each answer is made once for each version of what it tells of, whoever asks and wherever."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from medtime_backend import errors
from medtime_backend.answers.answer import NOTHING, Answer
from medtime_backend.answers.held import HeldAnswers
from medtime_backend.answers.shared import LOCK_MS, SharedAnswers
from medtime_backend.metrics import Metrics

VERSION_SECONDS = 2.0
"""How long a version is believed: so late at most does a seed show."""
KEEP_SECONDS = 24 * 3600
KEEP_EMPTY_SECONDS = 600
HOLD_SECONDS = 300.0
MOST_BYTES = 256 * 1024
"""Larger bodies are not kept."""
LOOK_SECONDS = 0.02

Make = Callable[[], Awaitable[tuple[bytes, bool]]]
"""Makes a body, and says whether it tells of anything."""


class AnswerCache:
    """Looks in this process, then in Redis, then has the answer made, by one of all who want it."""

    def __init__(
        self, shared: SharedAnswers | None, metrics: Metrics, read_version: Callable[[], Awaitable[int]]
    ) -> None:
        self._shared = shared
        self._metrics = metrics
        self._read_version = read_version
        self._held = HeldAnswers()
        self._flights: dict[str, asyncio.Task[Answer]] = {}
        self._version: int | None = None
        self._version_until = 0.0
        self._turn = asyncio.Lock()

    async def get(self, kind: str, question: Sequence[object], make: Make) -> Answer:
        """The answer to a question of this kind (JSON values). Raises what `make` and reading the version raise."""
        digest = hashlib.sha256(msgspec.json.encode(question)).hexdigest()
        key = f"medtime:catalog:{await self._current()}:{kind}:{digest[:40]}"
        held = self._held.get(key)
        if held is not None:
            self._metrics.catalog_answers.labels("process").inc()
            return held
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._find(key, make))
            flight.add_done_callback(lambda done: self._land(key, done))
        else:
            self._metrics.catalog_answers.labels("process").inc()
        # Whoever hangs up does not take the answer away from the others.
        return await asyncio.shield(flight)

    @property
    def version(self) -> int:
        """The version that answers are of now; 0 before any was read."""
        return self._version or 0

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.close()

    def _land(self, key: str, flight: asyncio.Task[Answer]) -> None:
        self._flights.pop(key, None)
        # Read here, so that asyncio does not complain when all who waited have hung up.
        if not flight.cancelled():
            flight.exception()

    async def _current(self) -> int:
        if self._version is not None and time.monotonic() < self._version_until:
            return self._version
        async with self._turn:
            if self._version is None or time.monotonic() >= self._version_until:
                try:
                    self._version = await self._read_version()
                except errors.Busy:
                    # Without the database, what is kept is still good.
                    if self._version is None:
                        raise
                self._version_until = time.monotonic() + VERSION_SECONDS
            return self._version

    async def _find(self, key: str, make: Make) -> Answer:
        shared = self._shared
        if shared is None or shared.away:
            return self._hold(key, *(await make()))
        body = await shared.get(key)
        if body is None and not await shared.claim(key):
            body = await self._await_other(shared, key)
        if body is not None:
            self._metrics.catalog_answers.labels("redis").inc()
            return self._hold(key, body, body != NOTHING, made=False)
        try:
            made, tells = await make()
        except BaseException:
            await shared.release(key)
            raise
        if len(made) <= MOST_BYTES:
            await shared.put(key, made, KEEP_SECONDS if tells else KEEP_EMPTY_SECONDS)
        return self._hold(key, made, tells)

    async def _await_other(self, shared: SharedAnswers, key: str) -> bytes | None:
        until = time.monotonic() + LOCK_MS / 1000
        while time.monotonic() < until and not shared.away:
            await asyncio.sleep(LOOK_SECONDS)
            body = await shared.get(key)
            if body is not None:
                return body
            if await shared.claim(key):
                return None
        return None

    def _hold(self, key: str, body: bytes, tells: bool, *, made: bool = True) -> Answer:  # noqa: FBT001 - as Make gives it
        if made:
            self._metrics.catalog_answers.labels("database").inc()
        answer = Answer.of(body)
        if len(body) <= MOST_BYTES:
            self._held.put(key, answer, HOLD_SECONDS if tells else KEEP_EMPTY_SECONDS / 10)
        return answer
