"""The session in which migrations run: not through a transaction pooler, on a primary, alone."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from medtime_backend.migrations.errors import MigrationError, UncheckedError
from medtime_backend.migrations.statement_files import statement

# Any fixed number; two runners of ours must agree on it.
ADVISORY_LOCK: Final = 6_331_785_463
LOCK_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.25
POOLER_PORT: Final = 6543
_MARK: Final = "medtime.session"
_POOLER = (
    "goes through a transaction pooler, which keeps neither locks nor settings between transactions: give the direct "
    "connection or the pooler's session mode, both on port 5432."
)


def refuse_pooler_port(url: str) -> None:
    """Raise UncheckedError for the port on which Supabase's pooler is in transaction mode."""
    with suppress(ValueError):
        if urlsplit(url).port == POOLER_PORT:
            raise UncheckedError(f"Port {POOLER_PORT} {_POOLER}")


async def refuse_pooler(connection: asyncpg.Connection, url: str) -> None:
    """Raise UncheckedError when the connection is ours for a transaction only, on whatever port.

    A second connection takes a server process away from the pooler: if it is the one that the first has just used, or
    if the first gets another one meanwhile, neither owns any.
    """
    mine = await _process(connection)
    try:
        other = await asyncpg.connect(url, timeout=5, statement_cache_size=0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        # No connection is left for a second one. The mark, below, is still looked for.
        return
    try:
        async with other.transaction():
            theirs = await _process(other)
            if theirs == mine or await _process(connection) != mine:
                raise UncheckedError(f"This address {_POOLER}")
    finally:
        with suppress(Exception):
            await other.close(timeout=2)


@asynccontextmanager
async def migration_session(connection: asyncpg.Connection, *, wait: float = LOCK_SECONDS) -> AsyncIterator[None]:
    """Hold the runner's lock. Raises UncheckedError for a database that cannot be migrated, MigrationError when locked.

    The lock is asked for again and again: a statement that waits for it would be a transaction that CREATE INDEX
    CONCURRENTLY of the other runner waits for in turn.
    """
    state = await connection.fetchrow(statement("server_state"))
    if state["is_replica"]:
        raise UncheckedError("This database is a read-only replica: give the address of the primary.")
    if state["is_read_only"]:
        raise UncheckedError(
            "This database is read-only (default_transaction_read_only is on; hosted projects set it when the disk is "
            "full): make it writable first."
        )
    await _refuse_lost_session(connection)
    deadline = asyncio.get_running_loop().time() + wait
    while not await connection.fetchval("select pg_catalog.pg_try_advisory_lock($1)", ADVISORY_LOCK):
        if asyncio.get_running_loop().time() > deadline:
            raise MigrationError(
                f"Another migration has been running for {wait:g} seconds{await _holder(connection)}. Nothing was "
                "applied: try again when it has ended."
            )
        await asyncio.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        # The end of the session frees it as well, and a broken connection has no other end.
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.execute("select pg_catalog.pg_advisory_unlock($1)", ADVISORY_LOCK)


async def _process(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("select pg_catalog.pg_backend_pid()"))


async def _refuse_lost_session(connection: asyncpg.Connection) -> None:
    mark = secrets.token_hex(8)
    await connection.execute("select pg_catalog.set_config($1, $2, false)", _MARK, mark)
    if await connection.fetchval("select pg_catalog.current_setting($1, true)", _MARK) != mark:
        raise UncheckedError(f"This connection {_POOLER}")


async def _holder(connection: asyncpg.Connection) -> str:
    row = await connection.fetchrow(statement("lock_holder"), ADVISORY_LOCK)
    if row is None:
        return ""
    return f" (process {row['pid']}, {row['role'] or 'unknown role'}, {row['program'] or 'unknown program'})"
