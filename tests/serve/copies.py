"""Copies of a running Postgres by the low-level backup API (the wheel has no pg_basebackup), and servers on them."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from urllib.parse import urlsplit

import asyncpg

from medtime_backend.local.options import StackInfo
from medtime_backend.local.postgres_binaries import find_postgres
from medtime_backend.local.processes import KeptProcess, ProcessSpec
from tests.http.own_service import LOOPBACK, free_port

WAITS = 3000
PAUSE_SECONDS = 0.02


@dataclass
class Copy:
    """A running server on a copy of the stack's database, with the stack's roles and passwords."""

    stack: StackInfo
    data: Path
    port: int
    admin: asyncpg.Connection
    """Its superuser."""

    @property
    def service_url(self) -> str:
        """Its address as medtime_service."""
        return at_port(self.stack.service_database_url, self.port)

    @property
    def admin_url(self) -> str:
        """Its address as the superuser."""
        return at_port(self.stack.admin_database_url, self.port)

    @property
    def postgres_url(self) -> str:
        """Its address as postgres."""
        return at_port(self.stack.database_url, self.port)


def at_port(url: str, port: int) -> str:
    """The same database address with another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@{LOOPBACK}:{port}").geturl()


async def copy(primary: asyncpg.Connection, data: Path, there: Path) -> None:
    """Copy a running server's files; recovery makes them whole."""
    await primary.execute("select pg_backup_start('copy', fast => true)")
    ignored = shutil.ignore_patterns("postmaster.pid", "postmaster.opts", "pgsql_tmp*")
    # Files come and go under a running server; the backup's label is what makes that right.
    await asyncio.to_thread(shutil.copytree, data, there, ignore=ignored, copy_function=_copy)
    label = await primary.fetchval("select labelfile from pg_backup_stop()")
    (there / "backup_label").write_text(label)
    # Up to the end of the backup, so that the copy needs no archive to be whole.
    for segment in (data / "pg_wal").glob("0*"):
        _copy(str(segment), str(there / "pg_wal" / segment.name))
    there.chmod(0o700)  # noqa: ASYNC240 - nobody waits for it


def _copy(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


@asynccontextmanager
async def server(stack: StackInfo, there: Path, settings: Mapping[str, str]) -> AsyncIterator[Copy]:
    """A server on a copy."""
    binaries = find_postgres(None, there.parent)
    give_away(there, binaries.identity)
    port = free_port()
    said = {
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "port": str(port),
        "fsync": "off",
        **settings,
    }
    process = KeptProcess(
        ProcessSpec(
            name="The copy",
            command=[
                *(binaries.postgres, "-D", str(there)),
                *(part for name, value in said.items() for part in ("-c", f"{name}={value}")),
            ],
            log=there.with_suffix(".log"),
            stop_signal=Signals.SIGINT,
            grace_seconds=20,
            identity=binaries.identity,
        )
    )
    try:
        admin = await _connected(at_port(stack.admin_database_url, port), process)
        yield Copy(stack, there, port, admin)
        await admin.close()
    finally:
        process.stop()


def give_away(there: Path, identity: str = "") -> None:
    """Where Postgres runs as another user, the files must be that user's."""
    identity = identity or find_postgres(None, there.parent).identity
    if ":" in identity:
        uid, gid = (int(part) for part in identity.split(":"))
        for path in (there, *there.rglob("*")):
            os.chown(path, uid, gid)


async def _connected(url: str, process: KeptProcess) -> asyncpg.Connection:
    deadline = time.monotonic() + 90
    while True:
        process.raise_if_dead()
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.CannotConnectNowError):
            assert time.monotonic() < deadline, process.log_tail()
            await asyncio.sleep(0.05)


async def until(connection: asyncpg.Connection, query: str, *arguments: object) -> None:
    """Ask again until the answer is true; at most a minute."""
    for _ in range(WAITS):
        if await connection.fetchval(query, *arguments):
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(query)
