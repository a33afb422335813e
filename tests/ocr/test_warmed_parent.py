"""A warmed parent outlives what goes wrong for one request; a worker whose request is gone does not."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from medtime_backend.ocr import parent_process, sealing
from medtime_backend.ocr.confinement import ENVIRONMENT
from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.parent_process import ParentFailedError, ParentProcess
from medtime_backend.ocr.sealing_keys import PublicKey, SealSuite
from tests.ocr.one_worker import Worker, children_of, wait_for_end, worker_of
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import descriptors, told
from tests.ocr.sealed import seal

pytestmark = pytest.mark.xdist_group("ocr")

ROOT = str(Path(__file__).parents[2])
IMAGE = encoded(page())
LINES = 30_000
"""Those of the engine in odd_parent."""
Odd = Callable[[str], ParentProcess]


@pytest.fixture
def odd(preparation: Preparation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Odd]:
    """Starts a warmed parent that is odd in this way."""
    started: list[ParentProcess] = []

    def start(how: str) -> ParentProcess:
        monkeypatch.setattr(parent_process, "MODULE", "tests.ocr.odd_parent")
        monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", ROOT)
        monkeypatch.setitem(ENVIRONMENT, "MEDTIME_TEST_ODD", how)
        started.append(ParentProcess.start(preparation))
        return started[-1]

    yield start
    for parent in started:
        parent.end()


def ticks(pid: int) -> int:
    """The processor's time that a process has used."""
    fields = told(pid, "stat").rpartition(b")")[2].split()
    return int(fields[11]) + int(fields[12])


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something; at most 20 s."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come")


def test_a_worker_whose_request_is_gone_ends_at_once(odd: Odd, pairs: tuple[KeyPair, ...]) -> None:
    parent = odd("endless")
    with worker_of(parent) as worker:
        worker.send(pairs[0], seal(pairs[0].id, pairs[0].key, uuid4(), IMAGE))
        before = ticks(worker.pid)
        wait_until(lambda: ticks(worker.pid) > before + 20)
        # Bytes on the connection are no hang-up, also when the kernel tells of them late.
        worker.connection.send(b"?")
        wait_until(lambda: ticks(worker.pid) > before + 40)
        worker.hang_up()
        # Long before the kernel's 30 s.
        wait_for_end(worker.pid)
    # Gone before its worker even looked.
    for _ in range(5):
        parent.fork().close()
    wait_until(lambda: not children_of(parent.pid))
    assert parent.is_alive()


def test_a_key_that_no_answer_can_be_sealed_to_is_told_before_the_image_is_read(
    odd: Odd, pairs: tuple[KeyPair, ...]
) -> None:
    """With an engine that never comes back."""
    sealed = seal(pairs[0].id, pairs[0].key, uuid4(), IMAGE)
    nobody = PublicKey(SealSuite.X25519, bytes(32))
    content = sealing.seal_request(pairs[0].id, pairs[0].key, sealed.user_id, sealed.request_id, nobody, IMAGE)
    with worker_of(odd("endless")) as worker:
        worker.send(pairs[0], replace(sealed, content=content))
        worker.connection.settimeout(20)
        assert worker.outcome(sealed)[0].problem == "ocr-not-sealed"


def test_who_hangs_up_while_the_request_is_taken_in_is_noticed_too(odd: Odd, pairs: tuple[KeyPair, ...]) -> None:
    parent = odd("endless")
    sealed = seal(pairs[0].id, pairs[0].key, uuid4(), IMAGE)
    for _ in range(3):
        with worker_of(parent) as worker:
            worker.send(pairs[0], sealed)
            worker.hang_up()


def test_an_answer_that_is_taken_slowly_is_no_hang_up(odd: Odd, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(odd("long")) as worker:
        sealed = seal(pairs[0].id, pairs[0].key, uuid4(), IMAGE)
        worker.send(pairs[0], sealed)
        # It has sent what the socket takes in, and sleeps until there is room.
        wait_until(lambda: b"sock_alloc_send" in told(worker.pid, "wchan") or _sleeps(worker.pid))
        outcome, answer = worker.outcome(sealed)
        assert (outcome.problem, len(answer["lines"])) == ("", LINES)


def _sleeps(pid: int) -> bool:
    before = ticks(pid)
    time.sleep(0.3)
    return before > 0 and ticks(pid) == before


def test_a_fork_that_fails_is_one_failed_request(odd: Odd, pairs: tuple[KeyPair, ...]) -> None:
    parent = odd("no-fork")
    with parent.fork() as worker_to_be:
        worker_to_be.connection.settimeout(20)
        assert worker_to_be.connection.recv(1) == b""
    with worker_of(parent) as worker:
        assert worker.ask(pairs[0], IMAGE)[0].problem == ""


def test_a_message_without_a_socket_is_passed_over(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    before = len(descriptors(parent.pid))
    control = parent._control  # noqa: SLF001 - the service itself never sends these
    control.send(b"F")
    with Path("/dev/null").open("rb") as nowhere:
        socket.send_fds(control, [b"F"], [nowhere.fileno()])
        socket.send_fds(control, [b"F"], [nowhere.fileno()] * 2)
        socket.send_fds(control, [b"F"], [nowhere.fileno()] * 3)
    # Which of its children this one is plays no part.
    with parent.fork() as ends:
        assert Worker(0, ends).ask(pairs[0], b"%PDF")[0].facts == {"found": "pdf"}
    wait_until(lambda: not children_of(parent.pid))
    wait_until(lambda: len(descriptors(parent.pid)) == before)


def test_signals_that_the_service_has_blocked_arrive(preparation: Preparation) -> None:
    """A mask comes through fork and exec: the alarm would never end a worker."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGIO})
    try:
        own = ParentProcess.start(preparation)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    try:
        with worker_of(own) as worker:
            wait_until(lambda: b"SigBlk:\t0000000000000000" in told(worker.pid, "status"))
    finally:
        own.end()


def test_a_worker_whose_parent_died_before_the_kernel_was_told_ends() -> None:
    script = "from medtime_backend.ocr.confinement import confine_worker; confine_worker(1, needs_network=False)"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert os.getpid() != 1
    assert "ProcessLookupError" in done.stderr


def test_a_parent_that_takes_nothing_in_holds_nobody_up(preparation: Preparation) -> None:
    """As one that is stopped: `fork` is called where the whole service would wait."""
    own = ParentProcess.start(preparation)
    os.kill(own.pid, signal.SIGSTOP)

    def fill() -> None:
        for _ in range(20_000):
            own.fork().close()

    try:
        with pytest.raises((ParentFailedError, OSError), match=r"BlockingIOError|Too many references"):
            fill()
    finally:
        os.kill(own.pid, signal.SIGCONT)
        own.end()


def test_what_cannot_be_launched_leaves_nothing(monkeypatch: pytest.MonkeyPatch, preparation: Preparation) -> None:
    before = descriptors(os.getpid())
    for fault in (BlockingIOError(11, "no process"), ValueError("anything")):

        def full(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "Popen", full)
            with pytest.raises(ParentFailedError if isinstance(fault, OSError) else ValueError):
                ParentProcess.start(preparation)
    assert descriptors(os.getpid()) == before
