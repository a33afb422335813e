"""A twin of Supabase Auth that misbehaves on demand: it answers what a test lays down, byte for byte, or nothing."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.http.own_service import LOOPBACK


@dataclass
class Answer:
    """What to answer: a body (JSON, text or bytes), or a misfortune on the way to it."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    cut: bool = False

    def as_bytes(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else self.body if isinstance(self.body, str) else None
        content = json.dumps(self.body).encode() if body is None else body.encode() if isinstance(body, str) else body
        length = len(content) + (100 if self.cut else 0)
        headers = {"Content-Type": "application/json", "Content-Length": str(length), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Whatever\r\n{head}\r\n".encode() + content


@dataclass
class Asked:
    """A request that arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class AuthTwin:
    """Answers in turn what `answers` holds, the last of it again and again; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque([Answer(500)])
        self.asked: list[Asked] = []
        self.url = ""
        self._over = asyncio.Event()
        self._serving: set[asyncio.Task[Any]] = set()

    def says(self, *answers: Answer) -> None:
        self.answers = deque(answers)
        self.asked.clear()

    async def end(self) -> None:
        """Let nobody wait any longer."""
        self._over.set()
        await asyncio.gather(*self._serving)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), answer.delay)
                if answer.reset:
                    writer.transport.abort()
                    return
                writer.write(answer.as_bytes())
                await writer.drain()
                if answer.cut:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    line, *rest = head.decode().rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    return Asked(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def auth_twin() -> AsyncIterator[AuthTwin]:
    """A running twin."""
    twin = AuthTwin()
    server = await asyncio.start_server(twin.serve, LOOPBACK, 0)
    twin.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/auth/v1"
    try:
        yield twin
    finally:
        server.close()
        await twin.end()
