"""A warmed parent of the embedded engine, and the keys it was told."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import pytest

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair, renewed, write_ring
from medtime_backend.ocr.parent_process import ParentProcess
from medtime_backend.ocr.pool import WorkerPool
from tests.ocr.asking import Preparing
from tests.ocr.engine_twin import AWS_KEYS
from tests.ocr.processes import children_named


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


@pytest.fixture
def preparing(pairs: tuple[KeyPair, ...]) -> Preparing:
    """With an engine elsewhere that is away: it is warmed sooner than the embedded one."""
    ring = write_ring(pairs).encode()
    return Preparing(Preparation(ring=ring, engine="aws", credentials=AWS_KEYS, url="http://127.0.0.1:1", drugs=b"[]"))


@pytest.fixture
async def pool(preparing: Preparing) -> AsyncIterator[WorkerPool]:
    made = WorkerPool(preparing, workers=1, queue=1)
    yield made
    await made.close()


@pytest.fixture
def warmed() -> Callable[[], list[int]]:
    """Tells which warmed parents this process has started since the test began."""
    before = set(children_named(b"warmed_parent"))
    return lambda: [pid for pid in children_named(b"warmed_parent") if pid not in before]
