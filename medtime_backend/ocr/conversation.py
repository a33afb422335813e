"""What the service and one worker say to each other, within a request's time."""

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Final

import msgspec

from medtime_backend.ocr import frames
from medtime_backend.ocr.frames import Outcome, Task
from medtime_backend.ocr.limits import MIB, SECONDS
from medtime_backend.ocr.worker_ends import WorkerEnds

GRACE_SECONDS: Final = 2.0
"""What the kernel may take beyond a worker's time to end it."""
LARGEST_ANSWER: Final = 16 * MIB
"""The service takes no more from a worker, whatever an image has made of it."""


@dataclass(frozen=True)
class Ended:
    """What came of a task: the outcome, and the sealed answer where there is one."""

    outcome: Outcome
    answer: bytes = b""


async def converse(worker: WorkerEnds, task: Task, sealed: bytes) -> Ended:
    """Hand a task to a worker. One that ends without a word, or takes longer than it may, is an outcome too."""
    try:
        async with asyncio.timeout(worker.asked + SECONDS + GRACE_SECONDS - time.monotonic()):
            # Sockets and no streams: who has the ends owns them alone, so they are closed whatever happens.
            worker.connection.settimeout(0)
            return await _ask(worker.connection, task, sealed)
    except (OSError, EOFError, msgspec.MsgspecError, TimeoutError):
        in_time = time.monotonic() - worker.asked < SECONDS - GRACE_SECONDS
        return Ended(Outcome("ocr-failed" if in_time else "ocr-timed-out"))


async def _ask(connection: socket.socket, task: Task, sealed: bytes) -> Ended:
    loop = asyncio.get_running_loop()
    for content in (msgspec.msgpack.encode(task), sealed):
        await loop.sock_sendall(connection, frames.LENGTH.pack(len(content)))
        await loop.sock_sendall(connection, content)
    outcome = msgspec.msgpack.decode(await _frame(connection), type=Outcome)
    return Ended(outcome, b"" if outcome.problem else bytes(await _frame(connection)))


async def _frame(connection: socket.socket) -> bytearray:
    (length,) = frames.LENGTH.unpack(await _exactly(connection, frames.LENGTH.size))
    if length > LARGEST_ANSWER:
        raise EOFError("no answer is as long as that")
    return await _exactly(connection, length)


async def _exactly(connection: socket.socket, length: int) -> bytearray:
    content = bytearray(length)
    view, have = memoryview(content), 0
    while have < length:
        got = await asyncio.get_running_loop().sock_recv_into(connection, view[have:])
        if got == 0:
            raise EOFError("the other end has closed")
        have += got
    return content
