"""A warmed parent of the embedded engine, and the keys it was told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair, renewed, write_ring
from medtime_backend.ocr.parent_process import ParentProcess


@pytest.fixture(scope="session")
def pairs() -> tuple[KeyPair, ...]:
    """A key of each suite."""
    return renewed((), datetime.now(UTC))


@pytest.fixture(scope="session")
def preparation(pairs: tuple[KeyPair, ...]) -> Preparation:
    return Preparation(ring=write_ring(pairs).encode(), engine="rapidocr", credentials=b"", url="", drugs=b"[]")


@pytest.fixture(scope="session")
def parent(preparation: Preparation) -> Iterator[ParentProcess]:
    started = ParentProcess.start(preparation)
    yield started
    started.end()
