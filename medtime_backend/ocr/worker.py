"""One request's own process: opens the image, reads it, seals the answer, forgets, ends."""

import os
import socket
import time
from dataclasses import dataclass, field
from typing import Final

import msgspec

from medtime_backend.ocr import frames, sealing
from medtime_backend.ocr.confinement import confine_worker, end_on_hang_up, erase
from medtime_backend.ocr.engines.engine import Engine, EngineUnavailableError, ImageRefusedError
from medtime_backend.ocr.engines.facts import EngineName
from medtime_backend.ocr.frames import Outcome, Task
from medtime_backend.ocr.images import ImageFault, read_image
from medtime_backend.ocr.limits import ENGINE_SECONDS, IMAGE_BYTES
from medtime_backend.ocr.reading import Reader
from medtime_backend.ocr.sealing_keys import SecretKey

FAULTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (sealing.NotSealedError, "ocr-not-sealed"),
    (sealing.BrokenSealError, "ocr-seal-broken"),
    (EngineUnavailableError, "ocr-engine-unavailable"),
    (ImageRefusedError, "ocr-broken-image"),
)
"""The problem that each fault becomes; any other is `ocr-failed`."""


@dataclass
class Workshop:
    """What the warmed parent has made ready for its workers."""

    engine_name: EngineName
    engine: Engine
    needs_network: bool
    reader: Reader
    keys: dict[str, SecretKey] = field(repr=False)


def work(workshop: Workshop, connection: socket.socket, line: socket.socket, parent: int) -> None:
    """Serve one request on the connection, then wait for its other end to close, and end. Never raises.

    When the other end of the line closes, this process ends at once. `parent` is the warmed parent's id.
    """
    status = 1
    try:
        confine_worker(parent, needs_network=workshop.needs_network)
        end_on_hang_up(line)
        task = msgspec.msgpack.decode(frames.receive(connection), type=Task)
        sealed = frames.receive(connection)
        outcome, answer = _attempt(workshop, task, sealed)
        erase(sealed, *(key.seed for key in workshop.keys.values()))
        frames.send(connection, msgspec.msgpack.encode(outcome))
        if not outcome.problem:
            frames.send(connection, answer)
        connection.recv(1)
        status = 0
    except (EOFError, OSError, MemoryError):
        pass
    finally:
        os._exit(status)


def _attempt(workshop: Workshop, task: Task, sealed: bytearray) -> tuple[Outcome, bytes]:
    """The outcome, and the sealed answer where there is one."""
    try:
        return Outcome(), _answer(workshop, task, sealed)
    except ImageFault as fault:
        return Outcome(fault.problem, fault.facts), b""
    # Whatever a library raises, and whatever its text quotes, ends here.
    except Exception as fault:  # noqa: BLE001
        return Outcome(next((slug for kind, slug in FAULTS if isinstance(fault, kind)), "ocr-failed")), b""


def _answer(workshop: Workshop, task: Task, sealed: bytearray) -> bytes:
    if task.key_id not in workshop.keys:
        # The ring was replaced since the service has read its public half.
        raise ImageFault("ocr-unknown-key")
    inside = sealing.open_request(workshop.keys[task.key_id], task.user_id, sealed)
    answer = b""
    try:
        reply, content = sealing.split_request(inside)
        if len(content) > IMAGE_BYTES:
            raise ImageFault("ocr-image-too-large", limit=IMAGE_BYTES)
        image = read_image(content)
        try:
            lines = workshop.engine.read(image, time.monotonic() + ENGINE_SECONDS)
        finally:
            image.paste((0, 0, 0), (0, 0, *image.size))
        if not lines:
            raise ImageFault("ocr-no-text")
        answer = workshop.reader.answer(lines, workshop.engine_name)
        return sealing.seal_answer(reply, task.user_id, sealing.read_header(sealed).request_id, answer)
    finally:
        erase(inside, answer)
