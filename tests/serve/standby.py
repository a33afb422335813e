"""A streaming replica of the stack's Postgres, whose replay can be held up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from medtime_backend.local.options import StackInfo
from tests.http.own_service import LOOPBACK
from tests.serve.copies import Copy, copy, server, until


@dataclass
class Standby:
    """A running replica."""

    server: Copy
    primary: asyncpg.Connection

    @property
    def url(self) -> str:
        """Its address as medtime_service."""
        return self.server.service_url

    async def pause(self) -> None:
        """From now on it receives, and shows nothing of it."""
        await self.server.admin.execute("select pg_wal_replay_pause()")
        await until(self.server.admin, "select pg_get_wal_replay_pause_state() = 'paused'")

    async def resume(self) -> None:
        """Show all that the primary has by now."""
        await self.server.admin.execute("select pg_wal_replay_resume()")
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until it shows what the primary has now."""
        # The stack commits without waiting for its log; one commit that does takes all before it along. It must have
        # written something before: Postgres waits for no log of a transaction that only has an id.
        async with self.primary.transaction():
            await self.primary.execute("set local synchronous_commit = on")
            await self.primary.execute("select pg_logical_emit_message(true, 'medtime', '')")
        position = await self.primary.fetchval("select pg_current_wal_flush_lsn()::text")
        await until(self.server.admin, "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", position)


@asynccontextmanager
async def standby(stack: StackInfo, folder: Path, of: Copy | None = None) -> AsyncIterator[Standby]:
    """A replica in the folder, of the stack's Postgres or of a copy of it."""
    there = folder / "standby"
    address = of.admin_url if of else stack.admin_database_url
    primary = await asyncpg.connect(address)
    try:
        await copy(primary, of.data if of else stack.data_dir / "postgres", there)
        (there / "standby.signal").touch()
        # In the file, where ALTER SYSTEM can change it.
        with (there / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"\nprimary_conninfo = '{source(address)}'\n")
        async with server(stack, there, {}) as running:
            found = Standby(running, primary)
            await found.caught_up()
            yield found
    finally:
        await primary.close()


def source(address: str) -> str:
    """What a replica of the server at this address is told."""
    parts = urlsplit(address)
    return f"host={LOOPBACK} port={parts.port} user={parts.username} password={parts.password}"
