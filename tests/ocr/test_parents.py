"""A warmed parent is renewed beside the one that serves: nobody waits, nothing is left behind."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend.ocr import parents as module
from medtime_backend.ocr.conversation import converse
from medtime_backend.ocr.frames import Task
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.parents import ParentsClosedError, WarmedParents
from tests.ocr.asking import Preparing
from tests.ocr.sealed import seal

pytestmark = pytest.mark.xdist_group("ocr")

Warmed = Callable[[], list[int]]


@pytest.fixture
async def parents(preparing: Preparing) -> AsyncIterator[WarmedParents]:
    made = WarmedParents(preparing)
    yield made
    await made.close()


async def wait_until(true: Callable[[], bool]) -> None:
    """Wait for other processes; at most 30 s."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - no process sets an event of ours
            await asyncio.sleep(0.02)


async def ask(parents: WarmedParents, pair: KeyPair) -> int:
    """Have a request answered; the id of the parent whose worker it was."""
    sealed = seal(pair.id, pair.key, uuid4(), b"%PDF")
    async with parents.one() as parent:
        with await parent.worker() as worker:
            ended = await converse(worker, Task(sealed.user_id, pair.id), sealed.content)
        assert ended.outcome.facts == {"found": "pdf"}
        return parent.process.pid


async def test_nobody_waits_for_a_renewal(
    parents: WarmedParents, preparing: Preparing, pairs: tuple[KeyPair, ...], warmed: Warmed
) -> None:
    old = await ask(parents, pairs[0])
    assert preparing.times == 1
    preparing.may_go_on.clear()
    parents.renew()
    assert [await ask(parents, pairs[0]) for _ in range(3)] == [old] * 3
    assert (preparing.times, warmed()) == (2, [old])
    preparing.may_go_on.set()
    await wait_until(lambda: old not in warmed() and len(warmed()) == 1)
    assert await ask(parents, pairs[0]) != old
    assert preparing.times == 2


async def test_a_renewal_during_another_is_one_more(
    parents: WarmedParents, preparing: Preparing, pairs: tuple[KeyPair, ...]
) -> None:
    """What was read for the one on its way may be from before that seed."""
    await ask(parents, pairs[0])
    preparing.may_go_on.clear()
    parents.renew()
    await wait_until(lambda: preparing.times == 2)
    parents.renew()
    parents.renew()
    preparing.may_go_on.set()
    await wait_until(lambda: preparing.times == 3)
    await ask(parents, pairs[0])


async def test_a_busy_instance_is_renewed_and_the_old_parent_ends_after_its_last_worker(
    parents: WarmedParents, pairs: tuple[KeyPair, ...], warmed: Warmed
) -> None:
    async with parents.one() as first, parents.one() as again:
        assert first is again
        parents.renew()
        async with asyncio.timeout(30):
            while await ask(parents, pairs[0]) == first.process.pid:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.02)
        (await first.worker()).close()
    await wait_until(lambda: not first.process.is_alive() and len(warmed()) == 1)


async def test_a_renewal_that_fails_keeps_the_old_parent_and_is_tried_again(
    parents: WarmedParents,
    preparing: Preparing,
    monkeypatch: pytest.MonkeyPatch,
    pairs: tuple[KeyPair, ...],
    warmed: Warmed,
) -> None:
    told = LogCapture()
    monkeypatch.setattr(module, "log", structlog.wrap_logger(None, [told]))
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    old = await ask(parents, pairs[0])
    # The first was no renewal; two fail.
    preparing.failures = 3
    parents.renew()
    assert await ask(parents, pairs[0]) == old
    await wait_until(lambda: old not in warmed() and len(warmed()) == 1)
    assert preparing.times == 4
    assert [(entry["event"], entry["code"]) for entry in told.entries] == [
        ("ocr_engine_not_renewed", "ConnectionRefusedError")
    ] * 2


async def test_a_parent_that_dies_between_two_renewals_is_replaced_at_once(
    parents: WarmedParents, preparing: Preparing, pairs: tuple[KeyPair, ...]
) -> None:
    async with parents.one() as old:
        preparing.failures = 2
        parents.renew()
        await wait_until(lambda: preparing.times == 2)
        os.kill(old.process.pid, signal.SIGKILL)
        await wait_until(lambda: not old.process.is_alive())
    # The next try of the renewal would be in a minute.
    async with asyncio.timeout(30):
        assert await ask(parents, pairs[0]) != old.process.pid
    assert preparing.times == 3


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.3])
async def test_closing_while_one_is_warmed_leaves_none(parents: WarmedParents, seconds: float, warmed: Warmed) -> None:
    parents.open()
    await asyncio.sleep(seconds)
    async with asyncio.timeout(20):
        await parents.close()
    assert warmed() == []


async def test_who_waits_when_it_closes_is_told(parents: WarmedParents, preparing: Preparing, warmed: Warmed) -> None:
    preparing.may_go_on.clear()

    async def enter() -> None:
        async with parents.one():
            raise AssertionError

    waiting = asyncio.create_task(enter())
    await wait_until(lambda: preparing.times == 1)
    await parents.close()
    for refused in (waiting, enter()):
        with pytest.raises(ParentsClosedError):
            await asyncio.wait_for(refused, 5)
    assert warmed() == []
