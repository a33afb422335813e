"""Short connections to the database, for one check each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

SECONDS = 5.0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection, also through a transaction pooler. Raises what asyncpg raises."""
    connection = await asyncpg.connect(
        url,
        timeout=SECONDS,
        command_timeout=SECONDS,
        statement_cache_size=0,
        server_settings={"application_name": "medtime-doctor"},
    )
    try:
        yield connection
    finally:
        with suppress(Exception):
            await connection.close(timeout=1)
