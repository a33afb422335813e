"""The processes that belong to a service, found below the one that runs the tests."""

import os
from pathlib import Path

from tests.ocr.one_worker import children_of


def below(pid: int) -> list[int]:
    """Every process below this one, itself left out."""
    found, front = [], [pid]
    while front:
        children = children_of(front.pop())
        found += children
        front += children
    return sorted(found)


def named(part: bytes) -> list[int]:
    """The processes below this one whose command line has this part."""
    return [pid for pid in below(os.getpid()) if part in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
