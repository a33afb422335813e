"""What service, warmed parent and workers say to each other: frames of a length and bytes, over socket pairs."""

import socket
import struct
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from medtime_backend.ocr.engines.facts import EngineName

LENGTH: Final = struct.Struct(">I")
LARGEST: Final = 256 * 1024 * 1024


class Preparation(msgspec.Struct, frozen=True):
    """What the warmed parent is told once, over its pipe: keys and credentials are in no environment."""

    ring: bytes
    engine: EngineName
    credentials: bytes
    url: str
    drugs: bytes
    """The catalog's names, each with the id that it leads to, as JSON pairs."""


class Readiness(msgspec.Struct, frozen=True):
    """The parent's answer: a worker can be had, or `fault` says what was wrong (a class, never a text)."""

    fault: str = ""


class Task(msgspec.Struct, frozen=True):
    """What a worker is told before the sealed request, which follows as a frame of its own."""

    user_id: UUID
    key_id: str


class Outcome(msgspec.Struct, frozen=True):
    """How it ended: `problem` is a problem's slug, `facts` its members; none, and the sealed answer follows."""

    problem: str = ""
    facts: Mapping[str, str | int] = {}


def send(connection: socket.socket, content: bytes) -> None:
    """Send a frame. Raises OSError."""
    connection.sendall(LENGTH.pack(len(content)))
    connection.sendall(content)


def receive(connection: socket.socket) -> bytearray:
    """Receive a frame. Raises EOFError when the other end has closed, and OSError."""
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size))
    return _exactly(connection, min(length, LARGEST))


def _exactly(connection: socket.socket, length: int) -> bytearray:
    content = bytearray(length)
    view, have = memoryview(content), 0
    while have < length:
        got = connection.recv_into(view[have:])
        if got == 0:
            raise EOFError("the other end has closed")
        have += got
    return content
