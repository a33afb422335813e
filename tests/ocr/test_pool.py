"""The service's side of the workers: bounded, renewed, and a fault of one request is told as such."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend.ocr import pool as module
from medtime_backend.ocr.frames import Preparation, Task
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.pool import Ended, PoolBusyError, WorkerPool
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import named
from tests.ocr.sealed import seal

pytestmark = pytest.mark.xdist_group("ocr")


class Preparing:
    """Prepares as often as asked, and fails as often as it is told to first."""

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation
        self.times = 0
        self.failures = 0

    async def __call__(self) -> Preparation:
        self.times += 1
        if self.times <= self.failures:
            raise ConnectionRefusedError
        return self._preparation


@pytest.fixture
def preparing(preparation: Preparation) -> Preparing:
    return Preparing(preparation)


@pytest.fixture
async def pool(preparing: Preparing) -> AsyncIterator[WorkerPool]:
    made = WorkerPool(preparing, workers=1, queue=1)
    yield made
    await made.close()


async def ask(pool: WorkerPool, pair: KeyPair, image: bytes = b"%PDF") -> Ended:
    sealed = seal(pair.id, pair.key, uuid4(), image)
    async with pool.place(), pool.worker() as run:
        return await run(Task(sealed.user_id, pair.id), sealed.content)


async def test_a_parent_is_renewed_when_nobody_is_busy(
    pool: WorkerPool, preparing: Preparing, pairs: tuple[KeyPair, ...]
) -> None:
    assert (await ask(pool, pairs[0])).outcome.facts == {"found": "pdf"}
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"
    before = named(b"warmed_parent")
    assert preparing.times == 1
    pool.renew()
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"
    assert preparing.times == 2
    assert len(named(b"warmed_parent")) == len(before)
    assert named(b"warmed_parent") != before


async def test_places_are_few(pool: WorkerPool) -> None:
    async with pool.place(), pool.place():
        assert pool.waiting == 2
        with pytest.raises(PoolBusyError):
            async with pool.place():
                pass
    assert pool.waiting == 0


async def test_who_waits_too_long_is_told(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, preparing: Preparing
) -> None:
    """As while the database is away, from which the names of the catalog come."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    preparing.failures = 1000
    with pytest.raises(PoolBusyError):
        async with pool.worker():
            pass
    assert pool.busy == 0


async def test_a_parent_that_could_not_be_made_is_tried_again(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, preparing: Preparing, pairs: tuple[KeyPair, ...]
) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.05)
    preparing.failures = 2
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"
    assert preparing.times == 3


async def test_a_task_that_takes_too_long_is_told_as_that(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, pairs: tuple[KeyPair, ...]
) -> None:
    await ask(pool, pairs[0])
    monkeypatch.setattr(module, "SECONDS", 0.05)
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    assert (await ask(pool, pairs[0], encoded(page()))).outcome.problem == "ocr-timed-out"


async def test_keys_that_are_none_are_told_by_class_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told = LogCapture()
    # The service's own logger may be bound to somewhere else by now.
    monkeypatch.setattr(module, "log", structlog.wrap_logger(None, [told]))
    wrong = Preparation(ring=b"secret", engine="rapidocr", credentials=b"", url="", drugs=b"[]")
    monkeypatch.setattr(module, "WAIT_SECONDS", 20.0)
    pool = WorkerPool(Preparing(wrong), workers=1, queue=1)
    monkeypatch.setattr(module, "RESTART_SECONDS", 60.0)
    pool.open()
    try:
        async with asyncio.timeout(60):
            while not told.entries:  # noqa: ASYNC110 - it is logged, no more
                await asyncio.sleep(0.1)
    finally:
        await pool.close()
    assert told.entries == [{"code": "KeyRingError", "event": "ocr_engine_not_ready", "log_level": "warning"}]
