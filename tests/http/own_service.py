"""A service of a test's own, on the shared stack or beside it, and a wire to the database that can be cut."""

import asyncio
import os
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit

import httpx

from medtime_backend.local.options import StackInfo
from medtime_backend.local.ports import PortReservation
from tests.rates import UNLIMITED

LOOPBACK = "127.0.0.1"
# Enough for what one test starts, and few enough for the files that a process may have open.
LATEST: deque[PortReservation] = deque()
MOST_PORTS = 60


def free_port() -> int:
    """A port nobody listens on, kept for the test: nobody else is given it before, and after, its server listens."""
    LATEST.append(PortReservation())
    if len(LATEST) > MOST_PORTS:
        LATEST.popleft().release()
    return LATEST[-1].port


@asynccontextmanager
async def service(stack: StackInfo, database: str = "", **settings: str) -> AsyncIterator[str]:
    """The address of another service under Granian. `database` is added to the database URL, e.g. lock_timeout=1s."""
    port = free_port()
    environment = {
        **os.environ,
        **UNLIMITED,
        "MEDTIME_REDIS_URL": stack.redis_url,
        "MEDTIME_DATABASE_URL": f"{stack.service_database_url}&{database}".rstrip("&"),
        "MEDTIME_JWKS_URL": f"{stack.auth_url}/.well-known/jwks.json",
        "MEDTIME_JWKS_FILE": "",
        **{f"MEDTIME_{name.upper()}": value for name, value in settings.items()},
    }
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it starts at once; our own interpreter
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", LOOPBACK),
            *("--port", str(port), "--workers", "1", "--no-ws", "medtime_backend.app:create_app"),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as http:
            await answering(http)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


async def answering(http: httpx.AsyncClient) -> None:
    """Wait until the service listens; at most 90 s."""
    for _ in range(900):
        try:
            if (await http.get("/health/live")).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("the service does not come up")


class Wire:
    """A TCP relay in front of a server: `cut` breaks all connections and takes no new ones, `mend` does again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.port = free_port()
        self.url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{self.port}")).geturl()
        self._target = parts.port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    async def mend(self) -> Self:
        """Take connections."""
        self._server = await asyncio.start_server(self._relay, LOOPBACK, self.port)
        return self

    async def cut(self) -> None:
        """Break everything."""
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.sleep(0)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(LOOPBACK, self._target)
        if self._server is None or not self._server.is_serving():
            # It was cut while this one was on its way.
            writer.transport.abort()
            back.transport.abort()
            return
        self._ends |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._ends -= {writer, back}


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()
