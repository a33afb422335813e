"""What the service has for OCR: keys, workers that know the catalog, and what clients are told beforehand."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from medtime_backend.answers import Version
from medtime_backend.database import Database
from medtime_backend.metrics import Metrics
from medtime_backend.ocr.engines.facts import ENGINES, EngineName
from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import SUITE_NAMES, KeyRingError, PublicRing
from medtime_backend.ocr.limits import IMAGE_BYTES, PIXELS, SECONDS
from medtime_backend.ocr.pool import WorkerPool
from medtime_backend.schemas.ocr import KeysAnswer, OcrEngine, SealingKey
from medtime_backend.services.catalog import version as catalog_version
from medtime_backend.services.ocr_notes import OcrNotes
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError

LOOK_SECONDS: Final = 300.0
"""How often it is looked whether the catalog has changed."""
FORMATS: Final = ["image/jpeg", "image/png", "image/webp", "image/heic"]


@dataclass
class OcrDesk:
    """The engine's name, the public keys, the workers, the notes of requests."""

    engine: EngineName
    ring: PublicRing
    pool: WorkerPool
    metrics: Metrics
    catalog: "CatalogWatch"
    notes: OcrNotes = field(default_factory=OcrNotes)

    async def close(self) -> None:
        """End the workers, and wait until the requests that they had are noted."""
        await self.pool.close()
        await self.notes.close()


@dataclass
class CatalogWatch:
    """Which state of the catalog the workers know, and when to look again."""

    version: Version | None = None
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
    watch.version = await catalog_version(database)
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


async def look_at_catalog(desk: OcrDesk, database: Database) -> None:
    """Have the workers' names renewed when the catalog was seeded or restored since they were read."""
    if time.monotonic() >= desk.catalog.next_look:
        desk.catalog.next_look = time.monotonic() + LOOK_SECONDS
        if await catalog_version(database) != desk.catalog.version:
            desk.pool.renew()
