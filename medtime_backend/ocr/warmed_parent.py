"""The warmed parent: loads the engine once, then forks a worker for each connection it is handed.

Run as `python -m medtime_backend.ocr.warmed_parent <descriptor>` with an environment of its own (confinement). It is
told keys and credentials over that socket, and ends when the socket closes.
"""

import gc
import os
import signal
import socket
import sys

import msgspec

from medtime_backend.ocr import frames, images
from medtime_backend.ocr.confinement import confine_parent, erase
from medtime_backend.ocr.engines.choice import open_engine
from medtime_backend.ocr.engines.facts import ENGINES
from medtime_backend.ocr.frames import Preparation, Readiness
from medtime_backend.ocr.key_ring import read_pairs
from medtime_backend.ocr.reading import Reader
from medtime_backend.ocr.worker import Workshop, work


def main(control: socket.socket) -> None:
    """Prepare as told, then fork until the other end closes."""
    confine_parent()
    workshop = _prepare(frames.receive(control))
    signal.signal(signal.SIGCHLD, _reap)
    # What is there now is never collected, so that workers share its pages.
    gc.collect()
    gc.freeze()
    frames.send(control, msgspec.msgpack.encode(Readiness()))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            with socket.socket(fileno=descriptor) as connection:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    control.close()
                    work(workshop, connection)


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


def _reap(_signal: int, _frame: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


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
