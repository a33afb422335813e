"""Reading an image that stays sealed here: who asked and how it ended is noted, the rest is the worker's."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from medtime_backend import errors
from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.metrics import Metrics
from medtime_backend.ocr import sealing
from medtime_backend.ocr.engines.facts import ENGINES, EngineName
from medtime_backend.ocr.frames import Outcome, Preparation, Task
from medtime_backend.ocr.key_ring import SUITE_NAMES, KeyRingError, PublicRing
from medtime_backend.ocr.limits import IMAGE_BYTES, PIXELS, SECONDS
from medtime_backend.ocr.pool import PoolBusyError, WorkerPool
from medtime_backend.schemas.ocr import KeysAnswer, OcrEngine, SealingKey
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError

AGAIN: Final = sorted(slug for slug, kind in errors.PROBLEMS.items() if kind.retryable and slug != "rate-limited")
"""Codes of failures after which the same sealed image may be sent again: the server's own."""
BUSY_SECONDS: Final = 5
LOOK_SECONDS: Final = 300.0
"""How often it is looked whether the catalog has changed."""
FORMATS: Final = ["image/jpeg", "image/png", "image/webp", "image/heic"]

Receive = Callable[[], Awaitable[bytes]]
"""Reads the request's body. Raises a Problem."""


@dataclass
class OcrDesk:
    """What the service has for OCR: the engine's name, the public keys, the workers."""

    engine: EngineName
    ring: PublicRing
    pool: WorkerPool
    metrics: Metrics
    catalog: "CatalogWatch"


@dataclass
class CatalogWatch:
    """Which state of the catalog the workers know, and when to look again."""

    version: int = 0
    next_look: float = field(default_factory=lambda: time.monotonic() + LOOK_SECONDS)


def public_ring(settings: Settings) -> PublicRing:
    """The public halves of the ring in the settings. Raises SettingsError for one that cannot be used."""
    try:
        return PublicRing.read(settings.ocr_ring())
    except (KeyRingError, OSError) as fault:
        said = fault if isinstance(fault, KeyRingError) else type(fault).__name__
        raise SettingsError(f"MEDTIME_OCR_KEYS_FILE or MEDTIME_OCR_KEYS cannot be used: {said}") from None


async def preparation(settings: Settings, database: Database, watch: CatalogWatch) -> Preparation:
    """What a new warmed parent is told. Raises OSError, and what Database.fetch raises."""
    watch.version = await _catalog_version(database)
    (names,) = await database.fetch("ocr_drugs")
    return Preparation(
        ring=settings.ocr_ring(),
        engine=settings.ocr_engine,
        credentials=settings.ocr_credentials(),
        url=settings.ocr_url,
        drugs=names["drugs"].encode(),
    )


def keys(desk: OcrDesk) -> KeysAnswer:
    """The keys to seal to now, and what a client must know beside."""
    return KeysAnswer(
        keys=[
            SealingKey(
                id=key.id,
                suite=SUITE_NAMES[key.key.suite],
                public_key=msgspec.to_builtins(key.public_key),
                published_until=msgspec.to_builtins(key.published_until),
                accepted_until=msgspec.to_builtins(key.accepted_until),
            )
            for key in desk.ring.published(datetime.now(UTC))
        ],
        engine=OcrEngine(desk.engine, ENGINES[desk.engine].maker, ENGINES[desk.engine].leaves_server),
        image_bytes=IMAGE_BYTES,
        image_pixels=PIXELS,
        formats=FORMATS,
        seconds=SECONDS,
        retention=0,
    )


async def process(desk: OcrDesk, database: Database, identity: Identity, receive: Receive) -> bytes:
    """The sealed reading of a sealed image.

    Raises the problems of errors.ocr, Busy while all places are taken, and what `receive` and Database.fetch raise.
    """
    try:
        async with desk.pool.place():
            answer = await _process(desk, database, identity, receive)
    except PoolBusyError:
        desk.metrics.count_ocr(desk.engine, errors.Busy.slug)
        raise errors.Busy(retry_after=BUSY_SECONDS) from None
    except errors.Problem as problem:
        desk.metrics.count_ocr(desk.engine, problem.slug)
        raise
    desk.metrics.count_ocr(desk.engine, "done")
    return answer


async def _process(desk: OcrDesk, database: Database, identity: Identity, receive: Receive) -> bytes:
    await _look_at_catalog(desk, database)
    request_id = uuid4()
    try:
        sealed = await receive()
        header = _header_of(sealed)
        request_id = header.request_id
        if desk.ring.accepted(header.key_id, datetime.now(UTC)) is None:
            raise errors.OcrUnknownKey
    except errors.Problem as problem:
        # Refused before a worker saw it; noted all the same, under an id of ours where it has none.
        await database.fetch("ocr_begin", identity.claims, request_id, AGAIN)
        await _note(database, identity, request_id, "failed", problem.slug)
        raise
    await database.fetch("ocr_begin", identity.claims, request_id, AGAIN)
    try:
        async with desk.pool.worker() as run:
            await _note(database, identity, request_id, "processing")
            begun = time.perf_counter()
            ended = await run(Task(identity.user_id, header.key_id), sealed)
            desk.metrics.ocr_seconds.labels(desk.engine).observe(time.perf_counter() - begun)
        if ended.outcome.problem:
            raise _problem_of(ended.outcome)
    except (PoolBusyError, errors.Problem) as fault:
        code = fault.slug if isinstance(fault, errors.Problem) else errors.Busy.slug
        await _note(database, identity, request_id, "failed", code)
        raise
    await _note(database, identity, request_id, "done")
    return ended.answer


def _problem_of(outcome: Outcome) -> errors.Problem:
    facts: dict[str, Any] = dict(outcome.facts)
    return errors.PROBLEMS[outcome.problem](**facts)


def _header_of(sealed: bytes) -> sealing.Header:
    try:
        return sealing.read_header(sealed)
    except sealing.NotSealedError:
        raise errors.OcrNotSealed from None


async def _note(database: Database, identity: Identity, request_id: UUID, status: str, code: str | None = None) -> None:
    await database.fetch("ocr_note", identity.claims, request_id, status, code)


async def _look_at_catalog(desk: OcrDesk, database: Database) -> None:
    """Have the workers' names renewed when the catalog was seeded since they were read."""
    if time.monotonic() >= desk.catalog.next_look:
        desk.catalog.next_look = time.monotonic() + LOOK_SECONDS
        if await _catalog_version(database) != desk.catalog.version:
            desk.pool.renew()


async def _catalog_version(database: Database) -> int:
    (row,) = await database.fetch("catalog_version")
    return int(row["version"])
