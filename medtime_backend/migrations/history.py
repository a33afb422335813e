"""The history that the official CLI keeps: supabase_migrations.schema_migrations(version, statements, name)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.statement_files import statement

COLUMNS = frozenset({"version", "statements", "name"})


@dataclass(frozen=True)
class Recorded:
    """One row. `statements` is None where nobody has written them: an old CLI, or a hand."""

    version: str
    name: str | None
    statements: tuple[str, ...] | None


async def read_history(connection: asyncpg.Connection) -> list[Recorded]:
    """Return all rows in the order of versions, none where there is no history; writes nothing."""
    if "version" not in await _columns(connection):
        return []
    rows = [
        Recorded(row["version"], row["name"], tuple(json.loads(row["statements"])) if row["statements"] else None)
        for row in await connection.fetch(statement("history"))
    ]
    return sorted(rows, key=lambda row: row.version)


async def make_history(connection: asyncpg.Connection) -> None:
    """Make the table, or its missing columns; a complete one is not touched, so that no rights are needed."""
    if not await _columns(connection) >= COLUMNS:
        await connection.execute(statement("create_history"))


async def record(connection: asyncpg.Connection, migration: Migration, *, again: bool = False) -> None:
    """Write the row of a file; `again` replaces one that is there."""
    await connection.execute(
        statement("record_again" if again else "record"),
        migration.version,
        migration.name,
        list(migration.statements),
    )


async def forget(connection: asyncpg.Connection, versions: Sequence[str]) -> None:
    """Remove rows; those that are not there do no harm."""
    await connection.execute(statement("forget"), list(versions))


async def _columns(connection: asyncpg.Connection) -> set[str]:
    return {row["name"] for row in await connection.fetch(statement("history_columns"))}
