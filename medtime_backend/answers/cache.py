"""Each answer is made once for each version of what it tells of, whoever asks and wherever."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from medtime_backend import errors
from medtime_backend.answers.answer import NOTHING, Answer
from medtime_backend.answers.held import HeldAnswers
from medtime_backend.answers.shared import LOCK_MS, SharedAnswers
from medtime_backend.answers.version import Version
from medtime_backend.flights import Flights
from medtime_backend.metrics import Metrics

VERSION_SECONDS = 2.0
"""How long a version is believed: so late at most does a seed show."""
PATIENCE_SECONDS = 0.5
"""So long is a new version waited for where an older one is known."""
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
        self, shared: SharedAnswers | None, metrics: Metrics, read_version: Callable[[], Coroutine[Any, Any, Version]]
    ) -> None:
        self._shared = shared
        self._metrics = metrics
        self._read_version = read_version
        self._held = HeldAnswers()
        self._flights: Flights[Answer] = Flights()
        self._versions: Flights[Version] = Flights()
        self._version: Version | None = None
        self._version_until = 0.0

    async def get(self, kind: str, question: Sequence[object], make: Make) -> Answer:
        """The answer to a question of this kind (JSON values). Raises what `make` and reading the version raise."""
        digest = hashlib.sha256(msgspec.json.encode(question)).hexdigest()
        # The version first: what is read after it may be newer than the key says, never older.
        version = await self._current()
        key = f"medtime:catalog:{version.number}:{version.mark}:{kind}:{digest[:40]}"
        held = self._held.get(key)
        if held is not None or key in self._flights:
            self._metrics.catalog_answers.labels("process").inc()
        return held or await self._flights.join(key, lambda: self._find(key, make))

    @property
    def version(self) -> Version | None:
        """The version that answers are of now; None before any was read."""
        return self._version

    async def close(self) -> None:
        """End what is being made, and close the connections to Redis."""
        await self._flights.close()
        await self._versions.close()
        if self._shared is not None:
            await self._shared.close()

    async def _current(self) -> Version:
        if self._version is not None and time.monotonic() < self._version_until:
            return self._version
        if self._version is None:
            return await self._versions.join(None, self._look)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._versions.join(None, self._look)
        except TimeoutError:
            # What is kept is still good; nobody else waits for a while.
            self._believe()
            return self._version

    async def _look(self) -> Version:
        try:
            self._version = await self._read_version()
        except errors.Busy:
            # Without the database, what is kept is still good.
            if self._version is None:
                raise
        self._believe()
        return self._version

    def _believe(self) -> None:
        self._version_until = time.monotonic() + VERSION_SECONDS

    async def _find(self, key: str, make: Make) -> Answer:
        shared = self._shared
        if shared is None or shared.away:
            return self._hold(key, *(await make()))
        body = await shared.get(key)
        claim = uuid4().bytes
        if body is None and not await shared.claim(key, claim):
            body = await self._await_other(shared, key, claim)
        if body is not None:
            self._metrics.catalog_answers.labels("redis").inc()
            return self._hold(key, body, body != NOTHING, made=False)
        kept = False
        try:
            made, tells = await make()
            if kept := len(made) <= MOST_BYTES:
                await shared.put(key, made, KEEP_SECONDS if tells else KEEP_EMPTY_SECONDS)
        finally:
            # Else whoever waits for it elsewhere would wait in vain. They find what is kept before they claim.
            if not kept:
                await shared.release(key, claim)
        return self._hold(key, made, tells)

    async def _await_other(self, shared: SharedAnswers, key: str, claim: bytes) -> bytes | None:
        until = time.monotonic() + LOCK_MS / 1000
        while time.monotonic() < until and not shared.away:
            await asyncio.sleep(LOOK_SECONDS)
            body = await shared.get(key)
            if body is not None:
                return body
            if await shared.claim(key, claim):
                return None
        return None

    def _hold(self, key: str, body: bytes, tells: bool, *, made: bool = True) -> Answer:  # noqa: FBT001 - as Make gives it
        if made:
            self._metrics.catalog_answers.labels("database").inc()
        answer = Answer.of(body)
        if len(body) <= MOST_BYTES:
            self._held.put(key, answer, HOLD_SECONDS if tells else KEEP_EMPTY_SECONDS / 10)
        return answer
