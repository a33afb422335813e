"""The epoch of the database's history, for an operator who has restored a backup."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from medtime_backend.database import statement


class Epoch(msgspec.Struct, frozen=True):
    """The id of this history, when it began, and how many devices may hold a clock of it."""

    epoch: UUID
    started_at: datetime
    devices: int


async def read(connection: asyncpg.Connection) -> Epoch:
    """The epoch as it stands."""
    return Epoch(*await connection.fetchrow(statement("epoch")))


async def renew(connection: asyncpg.Connection) -> Epoch:
    """Begin a new history: every clock of the old one is answered 410 `resync-required` from the commit on."""
    await connection.fetchval(statement("renew_epoch"))
    return await read(connection)
