"""However a request ends, its note says so: each end is brought about, with a database that can fail."""

import asyncio
from collections.abc import Callable

import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend import errors
from medtime_backend.ocr.conversation import Ended
from medtime_backend.ocr.frames import Outcome, Task
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.pool import PoolBusyError, WorkerNotStartedError
from medtime_backend.services import ocr_notes
from tests.ocr.request_scene import Run, Scene

SetScene = Callable[[Run], Scene]


async def read(_task: Task, _sealed: bytes) -> Ended:
    return Ended(Outcome(), b"answer")


async def endless(_task: Task, _sealed: bytes) -> Ended:
    await asyncio.Event().wait()
    raise AssertionError


def raising(fault: Exception) -> Run:
    async def run(_task: Task, _sealed: bytes) -> Ended:
        raise fault

    return run


@pytest.fixture
def scene(pairs: tuple[KeyPair, ...]) -> SetScene:
    return lambda run: Scene(pairs, run)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What is logged, and no long waits."""
    captured = LogCapture()
    monkeypatch.setattr(ocr_notes, "log", structlog.wrap_logger(None, [captured]))
    monkeypatch.setattr(ocr_notes, "RETRY_SECONDS", 0.001)
    return captured


async def steps(number: int = 20) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_one_that_is_read_is_done(scene: SetScene) -> None:
    at = scene(read)
    assert await at.process() == b"answer"
    assert (at.noted, at.counted("done")) == (("done", None), 1)
    with pytest.raises(errors.OcrReplayed):
        await at.process()
    assert at.noted == ("done", None)


@pytest.mark.parametrize(
    ("fault", "raised", "code"),
    [
        (RuntimeError("anything"), RuntimeError, "internal-error"),
        (KeyError("no problem of ours"), KeyError, "internal-error"),
        (PoolBusyError(), errors.Busy, "busy"),
        (WorkerNotStartedError(), errors.OcrFailed, "ocr-failed"),
        (errors.OcrFailed(), errors.OcrFailed, "ocr-failed"),
    ],
)
async def test_whatever_is_raised_is_noted_and_counted(
    scene: SetScene, fault: Exception, raised: type[Exception], code: str
) -> None:
    at = scene(raising(fault))
    with pytest.raises(raised):
        await at.process()
    assert (at.noted, at.counted(code), at.pool.busy) == (("failed", code), 1, 0)


async def test_who_is_cancelled_is_noted_before_the_cancellation_goes_on(scene: SetScene) -> None:
    """As when the request's time is over, or the service stops."""
    at = scene(endless)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await at.process()
    assert (at.noted, at.counted("ocr-cancelled"), at.pool.busy) == (("failed", "ocr-cancelled"), 1, 0)
    # Nothing was answered, so the same image may come again.
    at.pool.run = read
    assert await at.process() == b"answer"


async def test_who_hangs_up_has_the_reading_ended(scene: SetScene) -> None:
    at = scene(endless)
    asked = asyncio.create_task(at.process())
    await steps()
    assert (at.noted, at.pool.busy) == (("processing", None), 1)
    at.phone.hangs_up.set()
    with pytest.raises(errors.OcrCancelled):
        await asked
    assert (at.noted, at.counted("ocr-cancelled"), at.pool.busy) == (("failed", "ocr-cancelled"), 1, 0)


async def test_who_is_cancelled_while_it_is_noted_that_they_came(scene: SetScene) -> None:
    at = scene(read)
    at.notes.may_begin.clear()
    asked = asyncio.create_task(at.process())
    await steps()
    asked.cancel()
    await steps()
    at.notes.may_begin.set()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert at.noted == ("failed", "ocr-cancelled")


async def test_an_earlier_request_of_the_same_id_keeps_its_note(scene: SetScene) -> None:
    """Whoever sends the same bytes meanwhile, and gives up, must not end the one that is being read."""
    at = scene(endless)
    first = asyncio.create_task(at.process())
    await steps()
    at.notes.may_begin.clear()
    second = asyncio.create_task(at.process())
    await steps()
    second.cancel()
    at.notes.may_begin.set()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert at.noted == ("processing", None)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert at.noted == ("failed", "ocr-cancelled")


async def test_a_second_cancellation_leaves_the_note_to_itself(scene: SetScene) -> None:
    at = scene(read)
    at.notes.may_begin.clear()
    asked = asyncio.create_task(at.process())
    for _ in range(2):
        await steps()
        asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    at.notes.may_begin.set()
    await at.desk.notes.close()
    assert at.noted == ("failed", "ocr-cancelled")


@pytest.mark.parametrize("status", ["processing", "done"])
async def test_a_note_that_fails_fails_the_request(scene: SetScene, status: str) -> None:
    at = scene(read)
    at.notes.faults[status] = [errors.Busy()]
    with pytest.raises(errors.Busy):
        await at.process()
    assert at.noted == ("failed", "busy")


async def test_a_failure_is_noted_as_soon_as_the_database_is_back(scene: SetScene, told: LogCapture) -> None:
    at = scene(raising(errors.OcrFailed()))
    at.notes.faults["failed"] = [errors.Busy(), errors.Busy(), None]
    with pytest.raises(errors.OcrFailed):
        await at.process()
    assert (at.noted, told.entries) == (("failed", "ocr-failed"), [])


@pytest.mark.parametrize("fault", [errors.Busy(), RuntimeError("secret")])
async def test_a_failure_that_cannot_be_noted_is_told_all_the_same(
    scene: SetScene, told: LogCapture, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(ocr_notes, "NOTE_SECONDS", 0.05)
    at = scene(raising(errors.OcrFailed()))
    at.notes.faults["failed"] = [fault]
    with pytest.raises(errors.OcrFailed):
        await at.process()
    assert at.noted == ("processing", None)
    code = "TimeoutError" if isinstance(fault, errors.Busy) else "RuntimeError"
    assert told.entries == [{"code": code, "event": "ocr_note_lost", "log_level": "warning"}]


async def test_one_that_never_began_has_no_note(scene: SetScene, told: LogCapture) -> None:
    at = scene(read)
    at.notes.faults["begin"] = [errors.Busy()]
    with pytest.raises(errors.Busy):
        await at.process()
    assert (at.notes.rows, told.entries) == ({}, [])
