"""Erases a user: locked out first, then batch after batch, then the user's own row with all that hangs on it."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from medtime_backend.admission.shared import SharedStore, StoreUnavailableError
from medtime_backend.admission.terms import SessionKey
from medtime_backend.database import statement

BATCH: Final = 1000
"""Rows of a transaction: some 12 ms, for which a write of that user may wait."""
NO_ID: Final = UUID(int=0)


class TableRows(msgspec.Struct, frozen=True):
    """How many rows of a table hang on a user."""

    name: str
    amount: int


async def preview(connection: asyncpg.Connection, user_id: UUID) -> list[TableRows]:
    """What `erase` would remove, by table; tables that hold nothing of the user are left out."""
    rows = await connection.fetch(statement("erasure_preview"), user_id)
    return [TableRows(row["name"], row["amount"]) for row in rows if row["amount"]]


async def lock_out(connection: asyncpg.Connection, user_id: UUID) -> bool:
    """Ban the user and end their sessions at Auth, so that nothing comes while the rest goes. False: no such user."""
    return bool(await connection.fetchval(statement("begin_erasure"), user_id))


async def erase(connection: asyncpg.Connection, user_id: UUID, report: Callable[[int], None]) -> list[str]:
    """Remove the rows of a user who is locked out, each batch a transaction of its own, and the user at last.

    `report` hears of each batch's rows. Interrupted, it goes on when it is called again. Returns the tables of Auth
    that this role may not clear. Raises asyncpg's errors.
    """
    reached, removed = NO_ID, 1
    while removed:
        removed, reached = await connection.fetchrow(statement("erase_batch"), user_id, reached, BATCH)
        report(removed)
    return list(await connection.fetchval(statement("finish_erasure"), user_id))


async def forget_sessions(redis_url: str, user_id: UUID) -> str | None:
    """End the user's sessions for all instances at once; returns what kept it from that, or None.

    To be called after the commit that ended them in the database: a reading from before counts no more then. What is
    left in Redis, a generation and the counts of the rate limits, ends by itself within two minutes.
    """
    if not redis_url:
        return "no address of Redis is known"
    store = SharedStore(redis_url, timeout=3, session_max_age=55)
    try:
        await store.end_sessions(SessionKey(user_id, NO_ID), "global")
    except StoreUnavailableError as fault:
        return f"Redis does not answer ({fault})"
    finally:
        await store.close()
    return None
