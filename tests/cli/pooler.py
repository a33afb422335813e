"""A transaction pooler as Supavisor is one on port 6543: outside a transaction nothing of a session is kept.

A real one hands out another connection for each transaction; this one discards the session's state instead, which a
client cannot tell apart.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

TEXT = b"DISCARD ALL\0"
DISCARD = b"Q" + (4 + len(TEXT)).to_bytes(4, "big") + TEXT
READY, IDLE = b"Z", b"I"


class _Client:
    """One client and its connection to the server."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._client, self._server = client, server
        self._idle = False
        self._discarding: asyncio.Future[None] | None = None

    async def to_client(self, source: asyncio.StreamReader) -> None:
        """Pass on the server's messages, and notice when a transaction has ended."""
        while kind := await source.read(1):
            length = await source.readexactly(4)
            body = await source.readexactly(int.from_bytes(length, "big") - 4)
            ready = kind == READY
            if self._discarding:
                if ready:
                    self._discarding.set_result(None)
                    self._discarding = None
                continue
            self._idle = ready and body == IDLE
            self._client.write(kind + length + body)

    async def to_server(self, source: asyncio.StreamReader) -> None:
        """Pass on what the client sends; before a new transaction the session is made anew."""
        while data := await source.read(65536):
            if self._idle:
                self._idle = False
                self._discarding = asyncio.get_running_loop().create_future()
                done = self._discarding
                self._server.write(DISCARD)
                await done
            self._server.write(data)


@asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """The address of a pooler before the database."""
    parts = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(parts.hostname, parts.port)
        client = _Client(writer, to_server)
        pumps = [asyncio.create_task(client.to_client(from_server)), asyncio.create_task(client.to_server(reader))]
        tasks.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, to_server):
            one.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    credentials = parts.netloc.rpartition("@")[0]
    try:
        yield urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{port}", query="sslmode=disable"))
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
