"""A streaming replica of the stack's Postgres, made by the low-level backup API: the wheel brings no pg_basebackup."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
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


@dataclass
class Standby:
    """A running replica; `admin` is its superuser."""

    url: str
    """Its address as medtime_service."""
    admin: asyncpg.Connection
    primary: asyncpg.Connection
    process: KeptProcess

    async def pause(self) -> None:
        """From now on it receives, and shows nothing of it."""
        await self.admin.execute("select pg_wal_replay_pause()")
        for _ in range(200):
            if await self.admin.fetchval("select pg_get_wal_replay_pause_state()") == "paused":
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the replay does not pause")

    async def resume(self) -> None:
        """Show all that the primary has by now."""
        await self.admin.execute("select pg_wal_replay_resume()")
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until it shows what the primary has now; at most 20 s."""
        position = await self.primary.fetchval("select pg_current_wal_flush_lsn()::text")
        for _ in range(1000):
            if await self.admin.fetchval("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", position):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the replica does not catch up")


async def copied(primary: asyncpg.Connection, data: Path, there: Path) -> None:
    """A copy of the running server's files that recovery makes whole."""
    await primary.execute("select pg_backup_start('standby', fast => true)")
    ignored = shutil.ignore_patterns("postmaster.pid", "postmaster.opts", "pgsql_tmp*")
    # Files come and go under a running server; the backup's label is what makes that right.
    await asyncio.to_thread(shutil.copytree, data, there, ignore=ignored, copy_function=_copy)
    label = await primary.fetchval("select labelfile from pg_backup_stop()")
    (there / "backup_label").write_text(label)
    there.chmod(0o700)  # noqa: ASYNC240 - nobody waits for it


def _copy(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


@asynccontextmanager
async def standby(stack: StackInfo, folder: Path) -> AsyncIterator[Standby]:
    """A replica in the folder."""
    there = folder / "standby"
    binaries = find_postgres(None, folder)
    primary = await asyncpg.connect(stack.admin_database_url)
    await copied(primary, stack.data_dir / "postgres", there)
    (there / "standby.signal").touch()
    _give_away(there, binaries.identity)
    parts = urlsplit(stack.admin_database_url)
    settings = {
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "port": str(free_port()),
        "fsync": "off",
        "primary_conninfo": f"host={LOOPBACK} port={parts.port} user={parts.username} password={parts.password}",
    }
    spec = ProcessSpec(
        name="The replica",
        command=[
            *(binaries.postgres, "-D", str(there)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        log=folder / "standby.log",
        stop_signal=Signals.SIGINT,
        grace_seconds=20,
        identity=binaries.identity,
    )
    process = KeptProcess(spec)
    try:
        own = f"{LOOPBACK}:{settings['port']}"
        admin = await _connected(parts._replace(netloc=f"{parts.username}:{parts.password}@{own}").geturl(), process)
        service = urlsplit(stack.service_database_url)
        url = service._replace(netloc=f"{service.username}:{service.password}@{own}").geturl()
        found = Standby(url, admin, primary, process)
        await found.caught_up()
        yield found
        await admin.close()
    finally:
        process.stop()
        await primary.close()


def _give_away(there: Path, identity: str) -> None:
    if ":" in identity:
        uid, gid = (int(part) for part in identity.split(":"))
        for path in (there, *there.rglob("*")):
            os.chown(path, uid, gid)


async def _connected(url: str, process: KeptProcess) -> asyncpg.Connection:
    deadline = time.monotonic() + 30
    while True:
        process.raise_if_dead()
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.CannotConnectNowError):
            assert time.monotonic() < deadline, process.log_tail()
            await asyncio.sleep(0.05)
