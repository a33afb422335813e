"""Runs one statement as the caller, in one transaction, as PostgREST does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from medtime_backend.local.rest.callers import Caller
from medtime_backend.local.rest.catalog import statement
from medtime_backend.local.rest.refusals import Refused, refused_by_database
from medtime_backend.local.rest.requests import Asked

SEARCH_PATH = "public, extensions"
"""`extra_search_path` of supabase/config.toml."""


@dataclass(frozen=True)
class Outcome:
    """JSON, and how many rows it holds."""

    body: bytes
    rows: int


@asynccontextmanager
async def transaction(pool: asyncpg.Pool, caller: Caller) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of `authenticator`, who has no rights; `run` makes it the caller's. Raises Refused."""
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select set_config('search_path', $1, true)", SEARCH_PATH)
            yield connection
    except asyncpg.PostgresError as fault:
        raise refused_by_database(fault, caller.role) from None
    except (OSError, asyncpg.InterfaceError):
        message = "Could not connect with the database. Retrying the connection."
        raise Refused(503, "PGRST001", message) from None


async def run(
    connection: asyncpg.Connection, asked: Asked, source: str, values: Sequence[object], *, reads: bool
) -> Outcome:
    """Take the caller's role, claims and limits on, and run the statement (`composition.as_json`)."""
    caller = asked.caller
    await connection.execute(statement("limits_of_role"), caller.role)
    claims = json.dumps(dict(caller.claims))
    readonly = "on" if reads else "off"
    await connection.execute(statement("take_role"), caller.role, claims, asked.method, asked.path, readonly)
    row = await connection.fetchrow(source, *values)
    return Outcome(row["body"].encode(), row["rows"])
