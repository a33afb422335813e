"""What srv_ocr_requests says of one request: that it has begun, and how it ended, whatever it was that ended it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import structlog

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.ocr.pool import PoolBusyError

AGAIN: Final = sorted(
    {slug for slug, kind in errors.PROBLEMS.items() if kind.retryable} - {errors.RateLimited.slug}
    | {errors.OcrCancelled.slug}
)
"""Codes of failures after which the same sealed image may be sent again: nothing was answered."""
NOTE_SECONDS: Final = 5.0
"""How long it is tried to note a failure."""
RETRY_SECONDS: Final = 0.25

log = structlog.get_logger()


def code_of(fault: BaseException) -> str:
    """The slug that a failure is noted and counted by."""
    match fault:
        case errors.Problem():
            return fault.slug
        case PoolBusyError():
            return errors.Busy.slug
        case asyncio.CancelledError():
            return errors.OcrCancelled.slug
        case _:
            return errors.InternalError.slug


class OcrNote:
    """The note of one request. Each method raises what Database.fetch raises."""

    def __init__(self, database: Database, identity: Identity) -> None:
        self._database = database
        self._identity = identity
        self._beginning: asyncio.Task[object] | None = None
        self._id: UUID | None = None

    async def begin(self, request_id: UUID) -> None:
        """Note that it came. Raises OcrReplayed for an id that was used."""
        self._id = request_id
        self._beginning = asyncio.create_task(self._fetch("ocr_begin", AGAIN))
        # Who is cancelled in here must know later whether the row is theirs or that of an earlier request.
        await asyncio.shield(self._beginning)

    async def processing(self) -> None:
        """Note that a worker has it."""
        await self._fetch("ocr_note", "processing", None)

    async def done(self) -> None:
        """Note that it was read."""
        await self._fetch("ocr_note", "done", None)

    async def failed(self, code: str) -> None:
        """Note that it failed, unless it never began. Tried until NOTE_SECONDS are over, and then logged."""
        if self._beginning is None:
            return
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                if await self._has_begun(self._beginning):
                    await self._insist(code)
        except Exception as fault:  # noqa: BLE001 - what ended the request is what is told of it
            log.warning("ocr_note_lost", code=type(fault).__name__)

    async def _has_begun(self, beginning: asyncio.Task[object]) -> bool:
        try:
            await asyncio.shield(beginning)
        # Replayed, so the row is another's; or the database failed, and whose row it is cannot be known.
        except Exception:  # noqa: BLE001 - the request itself raises it
            return False
        return True

    async def _insist(self, code: str) -> None:
        while True:
            try:
                await self._fetch("ocr_note", "failed", code)
            except errors.Busy:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _fetch(self, name: str, *arguments: str | Sequence[str] | None) -> None:
        await self._database.fetch(name, self._identity.claims, self._id, *arguments)


class OcrNotes:
    """The notes of all requests; those of failures are finished even when their request cannot wait for it."""

    def __init__(self) -> None:
        self._failures: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of(self, database: Database, identity: Identity) -> AsyncIterator[OcrNote]:
        """The note of a request: whatever is raised in the block, it is noted `failed` once it has begun."""
        note = OcrNote(database, identity)
        try:
            yield note
        except BaseException as fault:
            noting = asyncio.create_task(note.failed(code_of(fault)))
            self._failures.add(noting)
            noting.add_done_callback(self._failures.discard)
            # Waited for, since the same image may be sent again at once; a cancellation in here leaves it to itself.
            await asyncio.wait({noting})
            raise

    async def close(self) -> None:
        """Wait for the notes that are still being made."""
        while self._failures:
            await asyncio.wait(self._failures)
