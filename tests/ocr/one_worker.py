"""A worker of the warmed parent at hand: what a test says to it, what it answers, what it is."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from medtime_backend.ocr import frames
from medtime_backend.ocr.frames import Outcome, Task
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.parent_process import ParentProcess
from medtime_backend.ocr.worker_ends import WorkerEnds
from tests.ocr.sealed import Sealed, seal


def children_of(pid: int) -> set[int]:
    """The processes whose parent this is."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="latin-1").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.add(int(status.parent.name))
    return found


def wait_for_end(pid: int) -> None:
    """Wait until a process is gone, and no zombie of it stays; at most 10 s."""
    for _ in range(500):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"{pid} is still there")


class Worker:
    """One forked worker and the connection to it."""

    def __init__(self, pid: int, ends: WorkerEnds) -> None:
        self.pid = pid
        self.connection = ends.connection
        self.hang_up = ends.close

    def ask(self, pair: KeyPair, image: bytes) -> tuple[Outcome, dict[str, Any]]:
        """Have an image read."""
        sealed = seal(pair.id, pair.key, uuid4(), image)
        self.send(pair, sealed)
        return self.outcome(sealed)

    def send(self, pair: KeyPair, sealed: Sealed) -> None:
        frames.send(self.connection, msgspec.msgpack.encode(Task(sealed.user_id, pair.id)))
        frames.send(self.connection, sealed.content)

    def outcome(self, sealed: Sealed) -> tuple[Outcome, dict[str, Any]]:
        outcome = msgspec.msgpack.decode(frames.receive(self.connection), type=Outcome)
        return outcome, {} if outcome.problem else sealed.opened(bytes(frames.receive(self.connection)))


@contextmanager
def worker_of(parent: ParentProcess) -> Iterator[Worker]:
    """A new worker, which ends with the block."""
    before = children_of(parent.pid)
    with parent.fork() as ends:
        new: set[int] = set()
        for _ in range(500):
            if new := children_of(parent.pid) - before:
                break
            time.sleep(0.01)
        (pid,) = new
        yield Worker(pid, ends)
    wait_for_end(pid)


def places_of(pid: int, *wanted: bytes) -> list[str]:
    """The regions of a process's memory that hold any of these bytes."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - a region at a time
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            start, end, rights, name = re.fullmatch(  # type: ignore[union-attr] # the kernel's own form
                r"(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)", line
            ).groups()
            if "r" not in rights or name in {"[vvar]", "[vsyscall]", "[vvar_vclock]"}:
                continue
            memory.seek(int(start, 16))
            try:
                content = memory.read(int(end, 16) - int(start, 16))
            except OSError:
                continue
            found += [f"{name or 'anonymous'} {rights}" for one in wanted if one in content]
    return found


def may_read_memory() -> bool:
    """Whether this machine lets us look into another process (ptrace_scope, capabilities)."""
    return os.geteuid() == 0


def spellings(text: str) -> list[bytes]:
    """A text as processes may hold it."""
    return [text.encode(), text.encode("utf-16-le"), text.encode("utf-32-le")]
