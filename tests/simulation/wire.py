"""The network between a device and the service: it loses requests and answers, and shows the referee all of them."""

import gzip
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from medtime_backend.client.messages import Push

FINE, REQUEST_LOST, ANSWER_LOST = "fine", "request lost", "answer lost"


@dataclass(frozen=True)
class Letter:
    """A push as it was sent, which the network may deliver again."""

    content: bytes
    headers: tuple[tuple[str, str], ...]

    def read(self) -> Push:
        """Decode the body."""
        headers = dict(self.headers)
        content = gzip.decompress(self.content) if headers.get("content-encoding") == "gzip" else self.content
        decode: Any = msgspec.json.decode if headers["content-type"] == "application/json" else msgspec.msgpack.decode
        push: Push = decode(content, type=Push)
        return push


@dataclass(frozen=True)
class Exchange:
    """A request and the answer the server gave, whether or not the answer arrived."""

    path: str
    params: dict[str, str]
    letter: Letter | None
    status: int
    content: bytes
    media_type: str

    def read(self, kind: Any = dict[str, Any]) -> Any:
        """Decode the answer."""
        decode: Any = msgspec.msgpack.decode if self.media_type == "application/msgpack" else msgspec.json.decode
        return decode(self.content, type=kind)


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """`faults` are the fates of the next requests. `inner` is shared and stays open."""

    inner: httpx.AsyncBaseTransport
    show: Callable[[Exchange], Awaitable[None]]
    keep: Callable[[Letter], None]
    faults: deque[str] = field(default_factory=deque)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fate = self.faults.popleft() if self.faults else FINE
        letter = None
        if request.method == "POST":
            names = ("content-type", "content-encoding", "accept")
            headers = tuple((name, request.headers[name]) for name in names if name in request.headers)
            letter = Letter(request.content, headers)
            self.keep(letter)
        if fate == REQUEST_LOST:
            raise httpx.ConnectError("the request is lost", request=request)
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        media_type = answer.headers.get("content-type", "").split(";")[0]
        await self.show(
            Exchange(request.url.path, dict(request.url.params), letter, answer.status_code, content, media_type)
        )
        if fate == ANSWER_LOST:
            raise httpx.ReadError("the answer is lost", request=request)
        # The content is decoded already.
        return httpx.Response(answer.status_code, headers={"content-type": media_type}, content=content)

    async def aclose(self) -> None:
        """Leave the shared connections open."""
