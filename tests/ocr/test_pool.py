"""The service's side of the workers: bounded, nothing left behind, and a fault of one request is told as such."""

import asyncio
import os
from collections.abc import Callable

import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend.ocr import conversation, parents
from medtime_backend.ocr import pool as module
from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.pool import PoolBusyError, WorkerPool
from tests.ocr.asking import Preparing, ask
from tests.ocr.one_worker import children_of
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import descriptors

pytestmark = pytest.mark.xdist_group("ocr")


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
    monkeypatch.setattr(parents, "RESTART_SECONDS", 0.05)
    preparing.failures = 2
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"
    assert preparing.times == 3


async def test_a_task_that_takes_too_long_is_told_as_that(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, pairs: tuple[KeyPair, ...]
) -> None:
    await ask(pool, pairs[0])
    monkeypatch.setattr(conversation, "SECONDS", 0.05)
    monkeypatch.setattr(conversation, "GRACE_SECONDS", 0.0)
    assert (await ask(pool, pairs[0], encoded(page()))).outcome.problem == "ocr-timed-out"


async def test_keys_that_are_none_are_told_by_class_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told = LogCapture()
    # The service's own logger may be bound to somewhere else by now.
    monkeypatch.setattr(parents, "log", structlog.wrap_logger(None, [told]))
    wrong = Preparation(ring=b"secret", engine="rapidocr", credentials=b"", url="", drugs=b"[]")
    monkeypatch.setattr(module, "WAIT_SECONDS", 20.0)
    pool = WorkerPool(Preparing(wrong), workers=1, queue=1)
    monkeypatch.setattr(parents, "RESTART_SECONDS", 60.0)
    pool.open()
    try:
        async with asyncio.timeout(60):
            while not told.entries:  # noqa: ASYNC110 - it is logged, no more
                await asyncio.sleep(0.1)
    finally:
        await pool.close()
    assert told.entries == [{"code": "KeyRingError", "event": "ocr_engine_not_ready", "log_level": "warning"}]


async def test_a_request_that_is_given_up_leaves_nothing(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Callable[[], list[int]]
) -> None:
    """Wherever it was: no descriptor, no slot, no worker."""
    image = encoded(page())
    await ask(pool, pairs[0])
    (parent,) = warmed()
    before = descriptors(os.getpid())
    for steps in (*range(8), 50, 200):
        asked = asyncio.create_task(ask(pool, pairs[0], image))
        for _ in range(steps):
            await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (pool.busy, pool.waiting) == (0, 0)
        assert descriptors(os.getpid()) == before, steps
    async with asyncio.timeout(20):
        while children_of(parent):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"


async def test_who_gives_up_waiting_takes_no_slot(pool: WorkerPool, pairs: tuple[KeyPair, ...]) -> None:
    await ask(pool, pairs[0])
    for steps in range(6):
        async with pool.worker():
            waiting = asyncio.create_task(ask(pool, pairs[0]))
            for _ in range(steps):
                await asyncio.sleep(0)
        # It may have just got the slot.
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-unsupported-image"


async def test_a_worker_that_says_more_than_it_may_is_not_heard_out(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, pairs: tuple[KeyPair, ...]
) -> None:
    monkeypatch.setattr(conversation, "LARGEST_ANSWER", 20)
    assert (await ask(pool, pairs[0])).outcome.problem == "ocr-failed"
