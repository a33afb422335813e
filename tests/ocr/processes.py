"""The processes that belong to a service, found below the one that runs the tests."""

import asyncio
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
    return [pid for pid in below(os.getpid()) if part in told(pid, "cmdline")]


def children_named(part: bytes) -> list[int]:
    """Those of them that this process has started itself."""
    return sorted(pid for pid in children_of(os.getpid()) if part in told(pid, "cmdline"))


def workers_at(address: str) -> set[int]:
    """The OCR workers of the service at this address, also those that are about to end."""
    port = address.rpartition(":")[2].encode()
    services = {pid for pid in named(b"granian") if port in told(pid, "cmdline").split(b"\0")}
    services |= {child for pid in services for child in children_of(pid)}
    return {
        worker
        for parent in named(b"warmed_parent")
        if int(told(parent, "stat").rpartition(b")")[2].split()[1]) in services
        for worker in children_of(parent)
    }


async def only_worker_at(address: str) -> int:
    """Its only OCR worker, once that of an earlier request is gone; at most 20 s."""
    async with asyncio.timeout(20):
        while len(found := workers_at(address)) != 1:  # noqa: ASYNC110 - no process sets an event of ours
            await asyncio.sleep(0.02)
    return found.pop()


def told(pid: int, what: str) -> bytes:
    """What the kernel tells of a process: cmdline, environ. Empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def descriptors(pid: int) -> dict[str, str]:
    """The file descriptors that a process has open, and what each leads to."""
    found = {}
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[one.name] = str(one.readlink())
        except OSError:
            continue  # of the look itself
    return found
