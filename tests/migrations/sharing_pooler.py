"""A transaction pooler that hands out the server process that was free last, and resets nothing: as PgBouncer does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.cli.pooler import IDLE, READY

TERMINATE, AUTHENTICATION = b"X", b"R"
AUTHENTICATED = 0


async def message_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)


class SharingPooler:
    """At first it relays log-ins, and keeps those sessions; then it greets clients itself and shares them."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._held: dict[asyncio.StreamReader, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._greeting = b""
        self.sharing = False

    async def serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            length = await client.readexactly(4)
            startup = length + await client.readexactly(int.from_bytes(length, "big") - 4)
            if self.sharing:
                answer.write(self._greeting)
            else:
                await self._log_in(startup, client, answer)
            while (message := await message_of(client))[:1] != TERMINATE:
                if client not in self._held:
                    self._held[client] = self._free.pop()
                    self._answering.add(asyncio.create_task(self._answer(client, answer)))
                self._held[client][1].write(message)
        answer.close()

    def close(self) -> None:
        for task in self._answering:
            task.cancel()
        for _, writer in (*self._free, *self._held.values()):
            writer.close()

    async def _log_in(self, startup: bytes, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(startup)
        greeting, message = b"", b""
        while message[:1] != READY:
            message = await message_of(reader)
            answer.write(message)
            step = int.from_bytes(message[5:9], "big") if message[:1] == AUTHENTICATION else AUTHENTICATED
            if step == AUTHENTICATED:
                greeting += message
            elif step != 12:  # the last word of SCRAM, which is not answered
                writer.write(await message_of(client))
        self._greeting = greeting
        self._free.append((reader, writer))

    async def _answer(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Pass on what the server answers in one transaction."""
        while client in self._held:
            message = await message_of(self._held[client][0])
            if message[:1] == READY and message[5:6] == IDLE:
                # Free before the client knows, so that its next transaction finds it.
                self._free.append(self._held.pop(client))
            answer.write(message)


@asynccontextmanager
async def sharing_pooler(url: str) -> AsyncIterator[str]:
    """The address of a pooler with two server processes before the database."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    pooler = SharingPooler(parts.hostname, parts.port)
    tasks: set[asyncio.Task[None]] = set()

    def accept(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(pooler.serve(client, answer)))

    proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
    netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    address = urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable"))
    for connection in [await asyncpg.connect(address) for _ in range(2)]:
        await connection.close()
    pooler.sharing = True
    try:
        yield address
    finally:
        proxy.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        pooler.close()
