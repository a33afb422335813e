"""A throw-away database made by the migrations of this checkout, for commands that compare with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from medtime_backend.operator_error import OperatorError


@asynccontextmanager
async def shadow_connection() -> AsyncIterator[asyncpg.Connection]:
    """A connection as postgres. Raises OperatorError where the embedded stack is not installed."""
    try:
        # Not installed in production, where nothing else needs it.
        from medtime_backend.local.shadow import Shadow  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError(
            "This compares with a database of our own: pip install 'medtime-backend[local]', or, for an audit, "
            "say --no-drift."
        ) from error
    with Shadow() as shadow:
        connection = await asyncpg.connect(shadow.database.database_url)
        try:
            yield connection
        finally:
            await connection.close()
