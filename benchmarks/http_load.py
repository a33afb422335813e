"""A lean HTTP/1.1 client over a kept connection: requests are bytes made beforehand, answers are only counted."""

import asyncio
from typing import Self
from urllib.parse import urlsplit

TIMEOUT = 30.0
OK = 200
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


class HttpError(Exception):
    """The service answered something else than a 200, or nothing."""


class HttpConnection(asyncio.Protocol):
    """One connection, one request at a time. `body` is that of the last answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[None] | None = None
        self._chunks: list[bytes] = []
        self._missing = -1
        self._status = 0

    @classmethod
    async def open(cls, base_url: str) -> Self:
        """Connect to the service."""
        address = urlsplit(base_url)
        _, connection = await asyncio.get_running_loop().create_connection(cls, address.hostname, address.port)
        return connection

    async def send(self, request: bytes) -> None:
        """Send a whole request and wait for its whole answer. Raises HttpError unless it is a 200."""
        if self._transport is None or self._transport.is_closing():
            raise HttpError("the connection is closed")
        self._chunks.clear()
        self._missing = -1
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(TIMEOUT):
            await self._answered
        if self._status != OK:
            raise HttpError(f"answered {self._status}: {self.body[:500]!r}")

    @property
    def body(self) -> bytes:
        """The last answer's body, as sent."""
        return b"".join(self._chunks).partition(HEAD_END)[2]

    def close(self) -> None:
        """Close the connection."""
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment] # TCP gives a Transport

    def data_received(self, data: bytes) -> None:
        """Count the answer's bytes; its head comes first and tells how many there are."""
        self._chunks.append(data)
        if self._missing < 0:
            head = b"".join(self._chunks)
            end = head.find(HEAD_END)
            if end < 0:
                return
            self._status = int(head[9:12])
            lower = head[:end].lower() + b"\r"
            at = lower.find(LENGTH)
            if at < 0:
                self._fail(HttpError("an answer without Content-Length"))
                return
            length = int(lower[at + len(LENGTH) : lower.index(b"\r", at)])
            self._missing = end + len(HEAD_END) + length - len(head)
        else:
            self._missing -= len(data)
        if self._missing <= 0 and self._answered and not self._answered.done():
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that still waits."""
        self._fail(exc or HttpError("the service closed the connection"))

    def _fail(self, fault: Exception) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(fault)


def request(method: str, target: str, token: str, *headers: str, body_length: int = 0) -> bytes:
    """The head of a request; the body is appended to it."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        *headers,
    ]
    if method == "POST":
        lines.append(f"Content-Length: {body_length}")
    return "\r\n".join(lines).encode() + HEAD_END
