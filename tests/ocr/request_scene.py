"""One request to read an image, with twins of all it meets: a database that fails, workers, a phone that hangs up."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from medtime_backend import errors
from medtime_backend.identity import Identity
from medtime_backend.metrics import Metrics
from medtime_backend.ocr.conversation import Ended
from medtime_backend.ocr.frames import Task
from medtime_backend.ocr.key_ring import KeyPair, PublicRing
from medtime_backend.services.ocr import CatalogWatch, OcrDesk
from medtime_backend.services.ocr_requests import process
from tests.ocr.sealed import Sealed, seal

Run = Callable[[Task, bytes], Awaitable[Ended]]
USER = uuid4()


class Notes:
    """A database that keeps notes as the SQL functions do. `faults` are raised in turn by statements, None is luck."""

    def __init__(self) -> None:
        self.rows: dict[UUID, tuple[str, str | None]] = {}
        self.faults: dict[str, list[Exception | None]] = {}
        self.may_begin = asyncio.Event()
        self.may_begin.set()

    async def fetch(self, name: str, *arguments: Any) -> list[dict[str, Any]]:
        if name == "ocr_begin":
            await self.may_begin.wait()
        status = "begin" if name == "ocr_begin" else arguments[2]
        faults = self.faults.get(status, [])
        if faults and (fault := faults.pop(0) if len(faults) > 1 else faults[0]):
            raise fault
        request_id = arguments[1]
        if name == "ocr_begin":
            if request_id in self.rows and self.rows[request_id][1] not in arguments[2]:
                raise errors.OcrReplayed
            self.rows[request_id] = ("pending", None)
        elif self.rows[request_id][0] in {"pending", "processing"}:
            self.rows[request_id] = (status, arguments[3])
        return []


class Pool:
    """Workers that do what a test says."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.busy = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        yield

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Run]:
        self.busy += 1
        try:
            yield self.run
        finally:
            self.busy -= 1


class Phone:
    """Sends an image, and hangs up when it is told to."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.hangs_up = asyncio.Event()

    async def body(self) -> bytes:
        return self._content

    async def gone(self) -> None:
        await self.hangs_up.wait()


class Scene:
    """One sealed image, and all it meets."""

    def __init__(self, pairs: tuple[KeyPair, ...], run: Run) -> None:
        self.notes = Notes()
        self.pool = Pool(run)
        self.sealed: Sealed = seal(pairs[0].id, pairs[0].key, USER, b"image")
        self.phone = Phone(self.sealed.content)
        self.metrics = Metrics()
        watch = CatalogWatch(next_look=time.monotonic() + 3600)
        self.desk = OcrDesk("rapidocr", PublicRing(pairs), self.pool, self.metrics, watch)  # type: ignore[arg-type]
        self.identity = Identity(user_id=USER, session_id=uuid4(), tier="free", claims="{}")

    async def process(self) -> bytes:
        return await process(self.desk, self.notes, self.identity, self.phone)  # type: ignore[arg-type] # a twin

    @property
    def noted(self) -> tuple[str, str | None]:
        return self.notes.rows[self.sealed.request_id]

    def counted(self, outcome: str) -> float:
        """How many requests ended so."""
        return (
            self.metrics.registry.get_sample_value("ocr_requests_total", {"engine": "rapidocr", "outcome": outcome})
            or 0
        )
