"""The workers know the catalog as it is, also after a restore that gives a number again."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from medtime_backend.metrics import Metrics
from medtime_backend.ocr.key_ring import KeyPair, PublicRing, write_ring
from medtime_backend.services.ocr import CatalogWatch, OcrDesk, look_at_catalog, preparation
from medtime_backend.settings import Settings


@dataclass
class Catalog:
    """A database whose catalog is of this version."""

    number: int = 7
    mark: str = "1000"

    async def fetch(self, name: str, *_: object) -> list[dict[str, Any]]:
        version = {"version": self.number, "seeded": self.mark}
        return [{"catalog_version": version, "ocr_drugs": {"drugs": "[]"}}[name]]


@dataclass
class Pool:
    """Counts renewals."""

    renewals: int = 0

    def renew(self) -> None:
        self.renewals += 1


@dataclass
class Service:
    """A service whose workers have been told the catalog, and that looks at it with each request."""

    pairs: tuple[KeyPair, ...]
    catalog: Catalog = field(default_factory=Catalog)
    pool: Pool = field(default_factory=Pool)
    watch: CatalogWatch = field(default_factory=CatalogWatch)

    async def prepare(self) -> None:
        settings = Settings(
            database_url="postgresql://nowhere/none",
            jwks_url="http://127.0.0.1:1/jwks",
            ocr_keys=write_ring(self.pairs),
        )
        await preparation(settings, self.catalog, self.watch)  # type: ignore[arg-type] # a twin

    async def look(self) -> int:
        """How often a renewal has been asked for, after a look."""
        ring = PublicRing(self.pairs)
        desk = OcrDesk("rapidocr", ring, self.pool, Metrics(), self.watch)  # type: ignore[arg-type] # a twin
        self.watch.next_look = time.monotonic()
        await look_at_catalog(desk, self.catalog)  # type: ignore[arg-type] # a twin
        return self.pool.renewals


@pytest.fixture
async def service(pairs: tuple[KeyPair, ...]) -> Service:
    made = Service(pairs)
    await made.prepare()
    return made


async def test_the_catalog_they_were_told_needs_no_renewal(service: Service) -> None:
    assert await service.look() == 0


async def test_a_seed_renews_them(service: Service) -> None:
    service.catalog = Catalog(8, "2000")
    assert await service.look() == 1
    await service.prepare()
    assert await service.look() == 1


async def test_a_restored_catalog_whose_number_is_given_again_renews_them(service: Service) -> None:
    service.catalog = Catalog(7, "2000")
    assert await service.look() == 1
    await service.prepare()
    assert await service.look() == 1


async def test_what_is_not_due_is_not_looked_at(service: Service) -> None:
    service.catalog = Catalog(8, "2000")
    desk = OcrDesk("rapidocr", PublicRing(service.pairs), service.pool, Metrics(), service.watch)  # type: ignore[arg-type]
    await look_at_catalog(desk, service.catalog)  # type: ignore[arg-type] # a twin
    assert service.pool.renewals == 0
