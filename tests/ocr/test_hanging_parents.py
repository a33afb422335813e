"""A warmed parent that lives and does not answer is replaced, whoever has asked it and whatever became of them."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend.ocr import parent_process, parents, serving_parent
from medtime_backend.ocr import pool as module
from medtime_backend.ocr.confinement import ENVIRONMENT
from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.parent_process import ParentProcess
from medtime_backend.ocr.pool import PoolBusyError, WorkerNotStartedError, WorkerPool
from tests.ocr.asking import Preparing, ask, read_by
from tests.ocr.one_worker import children_of
from tests.ocr.processes import descriptors, told

pytestmark = pytest.mark.xdist_group("ocr")

ROOT = str(Path(__file__).parents[2])
PDF = "ocr-unsupported-image"
"""How a request for what is a PDF ends in its worker."""
Warmed = Callable[[], list[int]]


@pytest.fixture
def answer_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """So many seconds has a parent to answer, from now on."""
    return lambda seconds: monkeypatch.setattr(serving_parent, "ANSWER_SECONDS", seconds)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    captured = LogCapture()
    monkeypatch.setattr(parents, "log", structlog.wrap_logger(None, [captured]))
    return captured


@pytest.fixture
async def pool(preparing: Preparing, answer_in: Callable[[float], None]) -> AsyncIterator[WorkerPool]:
    """Of four workers. Who hangs is given up soon; the next parent has all the time that a busy machine may take."""

    async def prepare() -> Preparation:
        answer_in(30.0)
        return await preparing()

    made = WorkerPool(prepare, workers=4, queue=4)
    yield made
    await made.close()


@pytest.fixture
async def stopped(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Warmed, answer_in: Callable[[float], None]
) -> int:
    """The id of a parent that has served, and is stopped now."""
    assert (await ask(pool, pairs[0])).outcome.problem == PDF
    (pid,) = warmed()
    stop(pid)
    answer_in(0.3)
    return pid


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


async def wait_until(true: Callable[[], bool]) -> None:
    """Wait for other processes; at most 30 s."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - no process sets an event of ours
            await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process has ended and was reaped."""
    return not Path(f"/proc/{pid}").exists()


async def test_who_meets_one_that_hangs_is_served_by_another(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], warmed: Warmed, logged: LogCapture
) -> None:
    before = descriptors(os.getpid())
    assert (await ask(pool, pairs[0])).outcome.problem == PDF
    await wait_until(lambda: gone(stopped) and len(warmed()) == 1)
    assert (pool.busy, pool.waiting) == (0, 0)
    assert len(descriptors(os.getpid())) == len(before)
    assert logged.entries == [{"code": "TimeoutError", "event": "ocr_engine_lost", "log_level": "warning"}]
    assert (await ask(pool, pairs[0])).outcome.problem == PDF


async def test_all_who_meet_it_share_the_one_that_follows(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], preparing: Preparing, logged: LogCapture
) -> None:
    asked = await asyncio.gather(*(ask(pool, pairs[0]) for _ in range(8)))
    assert {ended.outcome.problem for ended in asked} == {PDF}
    await wait_until(lambda: gone(stopped))
    assert (preparing.times, len(logged.entries)) == (2, 1)


async def test_a_worker_that_it_has_forked_is_not_lost(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Warmed, answer_in: Callable[[float], None]
) -> None:
    async with pool.worker() as run:
        (old,) = warmed()
        stop(old)
        answer_in(0.3)
        assert (await ask(pool, pairs[0])).outcome.problem == PDF
        assert len(warmed()) == 2
        assert (await read_by(run, pairs[0])).outcome.problem == PDF
    await wait_until(lambda: gone(old) and len(warmed()) == 1)


async def test_closing_ends_it_with_the_workers_that_it_has(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Warmed, answer_in: Callable[[float], None]
) -> None:
    async with AsyncExitStack() as held:
        await held.enter_async_context(pool.worker())
        (old,) = warmed()
        (worker,) = children_of(old)
        stop(old)
        answer_in(0.3)
        await ask(pool, pairs[0])
        async with asyncio.timeout(20):
            await pool.close()
        assert warmed() == []
        await wait_until(lambda: gone(worker))


async def test_it_is_noticed_also_when_all_who_asked_have_given_up(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], preparing: Preparing
) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(pool, pairs[0]), 0.05)
    await wait_until(lambda: gone(stopped))
    assert (pool.busy, preparing.times) == (0, 1)
    assert (await ask(pool, pairs[0])).outcome.problem == PDF


async def test_one_that_answers_late_but_in_time_is_kept(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], warmed: Warmed, answer_in: Callable[[float], None]
) -> None:
    answer_in(30.0)
    asked = asyncio.create_task(ask(pool, pairs[0]))
    await wait_until(lambda: pool.busy == 1)
    os.kill(stopped, signal.SIGCONT)
    assert (await asked).outcome.problem == PDF
    assert warmed() == [stopped]


async def test_an_answer_that_the_service_itself_read_late_counts(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Warmed, answer_in: Callable[[float], None]
) -> None:
    """As when the event loop was held up: what is late is not the parent."""
    await ask(pool, pairs[0])
    (old,) = warmed()
    parent = pool._parents._current  # noqa: SLF001 - the time is over before the loop has listened
    assert parent is not None
    asyncio.get_running_loop().remove_reader(parent.process.fileno())
    answer_in(1.0)
    assert (await ask(pool, pairs[0])).outcome.problem == PDF
    assert warmed() == [old]


async def test_one_that_dies_while_it_is_asked_is_no_lost_request(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], logged: LogCapture, answer_in: Callable[[float], None]
) -> None:
    answer_in(30.0)
    asked = asyncio.create_task(ask(pool, pairs[0]))
    await wait_until(lambda: pool.busy == 1)
    os.kill(stopped, signal.SIGKILL)
    assert (await asked).outcome.problem == PDF
    assert gone(stopped)
    assert [entry["code"] in {"EOFError", "ConnectionResetError"} for entry in logged.entries] == [True]


async def test_a_second_one_that_hangs_is_told(
    preparing: Preparing,
    pairs: tuple[KeyPair, ...],
    warmed: Warmed,
    monkeypatch: pytest.MonkeyPatch,
    answer_in: Callable[[float], None],
) -> None:
    monkeypatch.setattr(parent_process, "MODULE", "tests.ocr.odd_parent")
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", ROOT)
    monkeypatch.setitem(ENVIRONMENT, "MEDTIME_TEST_ODD", "stuck")
    answer_in(0.3)
    pool = WorkerPool(preparing, workers=1, queue=1)
    try:
        with pytest.raises(WorkerNotStartedError):
            await ask(pool, pairs[0])
        assert (preparing.times, pool.busy, pool.waiting) == (2, 0, 0)
        monkeypatch.undo()
        # The next request may meet a better one.
        assert (await ask(pool, pairs[0])).outcome.problem == PDF
    finally:
        await pool.close()
    assert warmed() == []


async def test_who_has_no_time_for_another_is_told_to_come_back(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparing.may_go_on.clear()
    monkeypatch.setattr(module, "WAIT_SECONDS", 1.0)
    with pytest.raises(PoolBusyError):
        await ask(pool, pairs[0])
    await wait_until(lambda: gone(stopped))
    preparing.may_go_on.set()


async def test_one_that_takes_nothing_in_is_replaced_at_once(
    pool: WorkerPool, stopped: int, pairs: tuple[KeyPair, ...], answer_in: Callable[[float], None]
) -> None:
    answer_in(30.0)
    parent = pool._parents._current  # noqa: SLF001 - no request leaves that many asks
    assert parent is not None
    control = parent.process._control  # noqa: SLF001 - the same

    def fill() -> None:
        while True:
            control.send(bytes(1000))

    with pytest.raises(BlockingIOError):
        fill()
    async with asyncio.timeout(25):
        assert (await ask(pool, pairs[0])).outcome.problem == PDF
    await wait_until(lambda: gone(stopped))


async def test_a_service_without_sockets_does_not_blame_the_parent(
    pool: WorkerPool, pairs: tuple[KeyPair, ...], warmed: Warmed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(pool, pairs[0])
    before = warmed()

    def full(*_: object) -> None:
        raise OSError(errno.EMFILE, "too many")

    with monkeypatch.context() as patched:
        patched.setattr(socket, "socketpair", full)
        with pytest.raises(WorkerNotStartedError):
            await ask(pool, pairs[0])
    assert (await ask(pool, pairs[0])).outcome.problem == PDF
    assert warmed() == before


def test_ending_one_that_hangs_kills_and_reaps_it(preparation: Preparation) -> None:
    own = ParentProcess.start(preparation)
    stop(own.pid)
    own.end(patience=0.0)
    assert gone(own.pid)
    own.end()


def test_ending_one_that_even_the_kernel_cannot_end_waits_for_nobody(
    preparation: Preparation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that reads from a disk that is gone."""
    own = ParentProcess.start(preparation)
    stop(own.pid)
    with monkeypatch.context() as patched:
        patched.setattr(parent_process, "END_SECONDS", 0.05)
        patched.setattr(own._process, "kill", lambda: None)  # noqa: SLF001 - a test cannot make such a process
        own.end(patience=0.0)
    assert told(own.pid, "cmdline")
    own.end(patience=0.0)
    assert gone(own.pid)
