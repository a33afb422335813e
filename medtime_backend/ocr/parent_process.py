"""The service's end of a warmed parent: starting it, handing it connections, ending it."""

import socket
import subprocess
import sys
from typing import Final, Self

import msgspec

from medtime_backend.ocr import frames
from medtime_backend.ocr.confinement import ENVIRONMENT
from medtime_backend.ocr.frames import Preparation, Readiness

MODULE: Final = "medtime_backend.ocr.warmed_parent"
WARM_SECONDS: Final = 60.0
END_SECONDS: Final = 5.0


class ParentFailedError(Exception):
    """The warmed parent could not be made ready; the text is a class's name."""


class ParentProcess:
    """A warmed parent that is ready to fork. Blocking calls: for a thread, but `fork`, which is a few bytes."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    def start(cls, preparation: Preparation) -> Self:
        """Start one and wait until it is warm. Raises ParentFailedError."""
        ours, theirs = socket.socketpair()
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
        parent = cls(process, ours)
        try:
            parent._prepare(preparation)
        except ParentFailedError:
            parent.end()
            raise
        return parent

    def _prepare(self, preparation: Preparation) -> None:
        self._control.settimeout(WARM_SECONDS)
        try:
            frames.send(self._control, msgspec.msgpack.encode(preparation))
            readiness = msgspec.msgpack.decode(frames.receive(self._control), type=Readiness)
        except (OSError, EOFError, msgspec.MsgspecError) as fault:
            raise ParentFailedError(type(fault).__name__) from None
        if readiness.fault:
            raise ParentFailedError(readiness.fault)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def fork(self) -> socket.socket:
        """A connection to a new worker. Raises OSError when the parent has died."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"F"], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        return ours

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """Close its socket, at which it ends, and its workers with it."""
        self._control.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
