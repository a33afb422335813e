"""A stand-in for Apple and Google: HTTP/2 over TLS and nothing else, which notes each request and can misbehave."""

import asyncio
import json
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

LOOPBACK = "127.0.0.1"


@dataclass
class Asked:
    """A request as it came: pseudo headers are among the headers."""

    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.headers[":path"]

    @property
    def raw(self) -> bytes:
        """All that came of it."""
        return repr(self.headers).encode() + self.body


@dataclass
class Told:
    """An answer. `after` seconds; `broken`: reset or closed instead of an answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    broken: str = ""


Answer = Callable[[Asked], Told]


class Provider:
    """A server at `address`; `answer` decides, `asked` is what came, in order."""

    def __init__(self, answer: Answer, certificate: Path, key: Path) -> None:
        self._answer = answer
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._tls.set_alpn_protocols(["h2"])
        self._server: asyncio.Server | None = None
        self._waiting: set[asyncio.Task[None]] = set()
        self.asked: list[Asked] = []
        self.address = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, ssl=self._tls)
        self.address = f"https://{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        tls = writer.get_extra_info("ssl_object")
        assert tls.selected_alpn_protocol() == "h2"
        connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        try:
            with suppress(ConnectionError, ssl.SSLError, ProtocolError):
                await self._talk(connection, reader, writer)
        finally:
            writer.close()
            self._waiting.discard(task)

    async def _talk(self, connection: H2Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_: dict[int, Asked] = defaultdict(lambda: Asked({}))
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                match event:
                    case RequestReceived():
                        open_[event.stream_id] = Asked(dict(event.headers or []))
                    case DataReceived():
                        open_[event.stream_id].body += event.data
                        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    case StreamEnded():
                        request = open_.pop(event.stream_id)
                        self.asked.append(request)
                        self._tell(connection, writer, event.stream_id, self._answer(request))
            writer.write(connection.data_to_send())
            await writer.drain()

    def _tell(self, connection: H2Connection, writer: asyncio.StreamWriter, stream: int, told: Told) -> None:
        if told.broken == "close":
            writer.transport.abort()
        elif told.broken == "reset":
            connection.reset_stream(stream, error_code=2)
        elif told.after:
            self._later(told.after, lambda: self._write(connection, writer, stream, told))
        else:
            self._write(connection, writer, stream, told)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            work()

        task = asyncio.create_task(wait())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    @staticmethod
    def _write(connection: H2Connection, writer: asyncio.StreamWriter, stream: int, told: Told) -> None:
        body = b"" if told.body is None else json.dumps(told.body).encode()
        headers = [(":status", str(told.status)), ("content-length", str(len(body))), *told.headers.items()]
        with suppress(ProtocolError):
            connection.send_headers(stream, headers, end_stream=not body)
            if body:
                connection.send_data(stream, body, end_stream=True)
            if told.after:
                writer.write(connection.data_to_send())


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 60.0) -> None:
    """Wait until it holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.02)
