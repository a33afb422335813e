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

MODULE: Final = "medtime_backend.ocr.warmed_parent"
WARM_SECONDS: Final = 60.0
END_SECONDS: Final = 5.0


class ParentFailedError(Exception):
    """The warmed parent could not be made ready; the text is a class's name."""


class WorkerEnds:
    """The service's ends of a worker's sockets: a connection to talk, a line on which nothing is ever said.

    When the line closes, the worker ends, whatever it is doing: by `close`, or with this process.
    """

    def __init__(self, connection: socket.socket, line: socket.socket) -> None:
        self.connection = connection
        self._line = line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker. Can be called again."""
        self._line.close()
        self.connection.close()


class ParentProcess:
    """A warmed parent. Blocking calls: for a thread, but `fork` and `is_alive`, which never wait."""

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

    def fork(self) -> "WorkerEnds":
        """The ends of a new worker. Raises OSError when the parent has died, or takes in nothing more."""
        with ExitStack() as ours, ExitStack() as theirs:
            pairs = []
            for _ in range(2):
                pair = socket.socketpair()
                pairs.append((ours.enter_context(pair[0]), theirs.enter_context(pair[1])))
            socket.send_fds(self._control, [b"F"], [there.fileno() for _, there in pairs])
            ours.pop_all()
        return WorkerEnds(*(here for here, _ in pairs))

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """Close its socket, at which it ends, and its workers with it. Can be called again."""
        # Closing alone would not wake a thread that is in `warm`.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
