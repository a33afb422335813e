"""The service's end of a warmed parent: starting it, handing it connections, ending it."""

import contextlib
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import Final, Self

import msgspec

from medtime_backend.ocr import frames
from medtime_backend.ocr.confinement import ENVIRONMENT
from medtime_backend.ocr.frames import Preparation, Readiness
from medtime_backend.ocr.worker_ends import WorkerEnds

MODULE: Final = "medtime_backend.ocr.warmed_parent"
WARM_SECONDS: Final = 60.0
"""What loading the engine and the names may take, on a machine that is busy with other things too."""
END_SECONDS: Final = 5.0
"""What a process may take to end by itself, and then the kernel to end it."""
ANSWERS: Final = 4096
"""As many answers of a parent are read at once."""


class ParentFailedError(Exception):
    """The warmed parent could not be made ready, or serves no more; the text is a class's name."""


class ParentProcess:
    """A warmed parent. Blocking calls: for a thread, but `fork`, `answers` and `is_alive`, which never wait."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    def launch(cls) -> Self:
        """Start one that is to be warmed. Raises ParentFailedError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-P", "-B", "-m", MODULE, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    cwd="/",
                    # A Ctrl-C at the terminal is the service's to handle.
                    start_new_session=True,
                )
        except BaseException as fault:
            ours.close()
            if isinstance(fault, OSError):
                raise ParentFailedError(type(fault).__name__) from None
            raise
        return cls(process, ours)

    def warm(self, preparation: Preparation) -> None:
        """Tell it what it needs and wait until it can fork. Raises ParentFailedError, also when `end` comes first."""
        try:
            self._control.settimeout(WARM_SECONDS)
            frames.send(self._control, msgspec.msgpack.encode(preparation))
            readiness = msgspec.msgpack.decode(frames.receive(self._control), type=Readiness)
            # `fork` is called on the event loop: a parent that takes nothing in must not hold up the service.
            self._control.settimeout(0)
        except (OSError, EOFError, msgspec.MsgspecError) as fault:
            raise ParentFailedError(type(fault).__name__) from None
        if readiness.fault:
            raise ParentFailedError(readiness.fault)

    @classmethod
    def start(cls, preparation: Preparation) -> Self:
        """Launch one and warm it. Raises ParentFailedError."""
        parent = cls.launch()
        try:
            parent.warm(preparation)
        except BaseException:
            parent.end()
            raise
        return parent

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def fileno(self) -> int:
        """The descriptor on which its answers come; -1 after `end`."""
        return self._control.fileno()

    def fork(self) -> WorkerEnds:
        """The ends of a new worker, which comes with an answer of its parent's.

        Raises ParentFailedError when the parent has died or takes in nothing more, and OSError when no socket is left.
        """
        with ExitStack() as ours, ExitStack() as theirs:
            pairs = []
            for _ in range(2):
                pair = socket.socketpair()
                pairs.append((ours.enter_context(pair[0]), theirs.enter_context(pair[1])))
            try:
                socket.send_fds(self._control, [b"F"], [there.fileno() for _, there in pairs])
            except (BlockingIOError, ConnectionError) as fault:
                raise ParentFailedError(type(fault).__name__) from None
            ours.pop_all()
        return WorkerEnds(*(here for here, _ in pairs))

    def answers(self) -> int:
        """How many forks it has answered since it was last asked. Raises ParentFailedError when it has died."""
        try:
            said = self._control.recv(ANSWERS)
        except BlockingIOError:
            return 0
        except ConnectionError as fault:
            raise ParentFailedError(type(fault).__name__) from None
        if not said:
            raise ParentFailedError(EOFError.__name__)
        return len(said)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self, patience: float = END_SECONDS) -> None:
        """Close its socket, at which it ends, and its workers with it; kill it after so many seconds.

        Can be called again.
        """
        # Closing alone would not wake a thread that is in `warm`.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        # Who cannot be killed, as in a read of a disk that is gone, is left to the kernel: nobody can wait for that.
        for seconds in (patience, END_SECONDS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                return
            self._process.kill()
