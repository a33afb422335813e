"""The warmed parent: loads the engine once, then forks a worker for each connection it is handed.

Run as `python -m medtime_backend.ocr.warmed_parent <descriptor>` with an environment of its own (confinement). It is
told keys and credentials over that socket, and ends when the socket closes.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final

import msgspec

from medtime_backend.ocr import frames, images
from medtime_backend.ocr.confinement import confine_parent, erase
from medtime_backend.ocr.engines.choice import open_engine
from medtime_backend.ocr.engines.facts import ENGINES
from medtime_backend.ocr.frames import Preparation, Readiness
from medtime_backend.ocr.key_ring import read_pairs
from medtime_backend.ocr.reading import Reader
from medtime_backend.ocr.worker import Workshop, work

SOCKETS_OF_A_WORKER: Final = 2
"""Its connection, and the line that says by closing that nobody waits any more."""
ANSWER: Final = b"F"
"""Said after each fork, also one that failed: this process does not hang."""


def main(control: socket.socket) -> None:
    """Prepare as told, then fork until the other end closes."""
    confine_parent()
    workshop = _prepare(frames.receive(control))
    # The kernel itself clears away workers that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is there now is never collected, so that workers share its pages.
    gc.collect()
    gc.freeze()
    frames.send(control, msgspec.msgpack.encode(Readiness()))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, SOCKETS_OF_A_WORKER)
        if not message:
            return
        _fork(workshop, control, descriptors)
        control.sendall(ANSWER)


def _fork(workshop: Workshop, control: socket.socket, descriptors: Sequence[int]) -> None:
    """Fork a worker for its two sockets. What fails here fails for its request alone, whose ends see them closed."""
    parent = os.getpid()
    try:
        if len(descriptors) == SOCKETS_OF_A_WORKER and os.fork() == 0:
            try:
                control.close()
                connection, line = (socket.socket(fileno=descriptor) for descriptor in descriptors)
                work(workshop, connection, line, parent)
            finally:
                # Whatever happens, a worker never gets into the loop of its parent.
                os._exit(1)
    except OSError:
        # No process or no memory is to be had now.
        pass
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _prepare(told: bytearray) -> Workshop:
    preparation = msgspec.msgpack.decode(told, type=Preparation)
    images.prepare()
    facts = ENGINES[preparation.engine]
    workshop = Workshop(
        engine_name=preparation.engine,
        engine=open_engine(preparation.engine, preparation.credentials, preparation.url),
        needs_network=facts.leaves_server,
        reader=Reader(preparation.drugs),
        keys={pair.id: pair.secret for pair in read_pairs(preparation.ring)},
    )
    erase(told, preparation.ring)
    return workshop


def run(descriptor: int) -> None:
    """Serve on an inherited socket. What goes wrong is told by its class, since its text could quote a key."""
    with socket.socket(fileno=descriptor) as control:
        try:
            main(control)
        except (EOFError, ConnectionError):
            pass
        except Exception as fault:  # noqa: BLE001
            frames.send(control, msgspec.msgpack.encode(Readiness(type(fault).__name__)))
            sys.exit(1)


if __name__ == "__main__":
    run(int(sys.argv[1]))
