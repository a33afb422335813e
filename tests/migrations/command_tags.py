"""What a server executes: its command tags, read from the wire between asyncpg and it.

Each statement of a simple query is answered by one CommandComplete, so their number is what the server's own parser
has found in the text.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import asyncpg

COMPLETE = b"C"


class TaggedConnection:
    """A connection whose statements tell their tags."""

    def __init__(self, connection: asyncpg.Connection, tags: list[str]) -> None:
        self._connection, self._tags = connection, tags

    async def tags_of(self, text: str) -> list[str]:
        """Execute a text as one simple query; the tags of all its statements."""
        self._tags.clear()
        # The last one is ours: asyncpg cannot send a text without any statement.
        await self._connection.execute(f"{text}\n;select")
        return self._tags[:-1]


@asynccontextmanager
async def tagged(url: str) -> AsyncIterator[TaggedConnection]:
    """A connection through a proxy that reads along."""
    parts = urlsplit(url)
    tags: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                target.write(data)
        target.close()

    async def answers(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while kind := await source.read(1):
                length = await source.readexactly(4)
                body = await source.readexactly(int.from_bytes(length, "big") - 4)
                if kind == COMPLETE:
                    tags.append(body.rstrip(b"\0").decode())
                target.write(kind + length + body)
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(parts.hostname, parts.port)
        tasks.update((asyncio.create_task(answers(from_server, writer)), asyncio.create_task(pump(reader, to_server))))

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    connection = await asyncpg.connect(urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable")))
    try:
        yield TaggedConnection(connection, tags)
    finally:
        await connection.close()
        proxy.close()
        await asyncio.gather(*tasks)
