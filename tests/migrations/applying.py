"""Applies a directory as `medtime migrate up` does, and looks at what is there afterwards."""

from pathlib import Path
from typing import Any

import asyncpg

from medtime_backend.migrations import read_migrations
from medtime_backend.migrations.circumstances import Patience
from medtime_backend.migrations.history import read_history
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.upgrade import upgrade

# Quick, for tests in which a lock is never free.
IMPATIENT = Patience(lock_timeout=0.2, tries=2, pause=0.05)


async def up(connection: asyncpg.Connection, directory: Path, **options: Any) -> list[str]:
    """Apply what is pending; the applied versions."""
    journal = options.pop("journal", Journal())
    await upgrade(connection, read_migrations(directory), journal, **options)
    return journal.applied


async def listed(connection: asyncpg.Connection) -> list[str]:
    """The versions of the history."""
    return [row.version for row in await read_history(connection)]


async def exists(connection: asyncpg.Connection, name: str) -> bool:
    """Whether there is a relation of the name."""
    return bool(await connection.fetchval("select to_regclass($1) is not null", name))
