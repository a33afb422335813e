"""Reading an image that stays sealed here: who asked and how it ended is noted, the rest is the worker's."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.ocr import sealing
from medtime_backend.ocr.conversation import Ended
from medtime_backend.ocr.frames import Outcome, Task
from medtime_backend.ocr.pool import PoolBusyError, WorkerNotStartedError
from medtime_backend.services.ocr import OcrDesk, look_at_catalog
from medtime_backend.services.ocr_notes import OcrNote, code_of

BUSY_SECONDS: Final = 5

Found = TypeVar("Found")


class Caller(Protocol):
    """Who has sent the image."""

    async def body(self) -> bytes:
        """The sealed image. Raises a Problem."""

    async def gone(self) -> None:
        """Return when they have hung up; to be asked once the body is here."""


async def process(desk: OcrDesk, database: Database, identity: Identity, caller: Caller) -> bytes:
    """The sealed reading of a sealed image.

    Raises the problems of errors.ocr, Busy while all places are taken, and what `body` and Database.fetch raise.
    """
    try:
        async with desk.pool.place():
            await look_at_catalog(desk, database)
            async with desk.notes.of(database, identity) as note:
                answer = await _process(desk, note, identity, caller)
    except BaseException as fault:
        desk.metrics.count_ocr(desk.engine, code_of(fault))
        if isinstance(fault, PoolBusyError):
            raise errors.Busy(retry_after=BUSY_SECONDS) from None
        raise
    desk.metrics.count_ocr(desk.engine, "done")
    return answer


async def _process(desk: OcrDesk, note: OcrNote, identity: Identity, caller: Caller) -> bytes:
    request_id = uuid4()
    try:
        sealed = await caller.body()
        header = _header_of(sealed)
        request_id = header.request_id
        if desk.ring.accepted(header.key_id, datetime.now(UTC)) is None:
            raise errors.OcrUnknownKey
    except errors.Problem:
        # Refused before a worker saw it; noted all the same, under an id of ours where it has none.
        await note.begin(request_id)
        raise
    await note.begin(request_id)
    task = Task(identity.user_id, header.key_id)
    ended = await _unless_gone(_read(desk, note, task, sealed), caller)
    if ended.outcome.problem:
        raise _problem_of(ended.outcome)
    await note.done()
    return ended.answer


async def _read(desk: OcrDesk, note: OcrNote, task: Task, sealed: bytes) -> Ended:
    try:
        async with desk.pool.worker() as run:
            await note.processing()
            begun = time.perf_counter()
            ended = await run(task, sealed)
            desk.metrics.ocr_seconds.labels(desk.engine).observe(time.perf_counter() - begun)
            return ended
    except WorkerNotStartedError:
        raise errors.OcrFailed from None


async def _unless_gone(work: Coroutine[Any, Any, Found], caller: Caller) -> Found:
    """What the work gives. Raises OcrCancelled, the work given up, when who asked for it hangs up first."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(caller.gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        leaving.result()
        raise errors.OcrCancelled
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def _problem_of(outcome: Outcome) -> errors.Problem:
    facts: dict[str, Any] = dict(outcome.facts)
    return errors.PROBLEMS[outcome.problem](**facts)


def _header_of(sealed: bytes) -> sealing.Header:
    try:
        return sealing.read_header(sealed)
    except sealing.NotSealedError:
        raise errors.OcrNotSealed from None
