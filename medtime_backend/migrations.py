"""Applies the SQL files of supabase/migrations and keeps their history where the official Supabase CLI keeps it.

Each file is one transaction together with its row in supabase_migrations.schema_migrations(version, statements,
name), so what one tool applies the other lists as applied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg
import pglast

from medtime_backend.operator_error import OperatorError

FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>.+)\.sql")
# Any fixed number; two runners of ours must agree on it.
ADVISORY_LOCK = 6_331_785_463
LOCK_SECONDS = 60.0

# As the official CLI makes it, so that either of the two can come first.
HISTORY = (
    "create schema if not exists supabase_migrations",
    "create table if not exists supabase_migrations.schema_migrations (version text not null primary key)",
    "alter table supabase_migrations.schema_migrations add column if not exists statements text[]",
    "alter table supabase_migrations.schema_migrations add column if not exists name text",
)
APPLIED = "select version from supabase_migrations.schema_migrations"
RECORD = "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)"


class MigrationError(OperatorError):
    """A migration cannot be read or applied; nothing of its file stays in the database."""


@dataclass(frozen=True)
class Migration:
    """One file: 14-digit UTC version, name, and its statements as the history keeps them."""

    version: str
    name: str
    path: Path
    statements: tuple[str, ...]


def migrations_directory() -> Path:
    """Return the packaged copy of the migrations, or supabase/migrations of the checkout."""
    package = Path(__file__).parent
    packaged = package / "supabase" / "migrations"
    return packaged if packaged.is_dir() else package.parent / "supabase" / "migrations"


def read_migrations(directory: Path) -> list[Migration]:
    """Read and split all files in version order. Raises MigrationError for a syntax error or a version used twice."""
    found: dict[str, Migration] = {}
    for path in sorted(directory.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            continue
        version = match["version"]
        if version in found:
            raise MigrationError(f"{path.name} and {found[version].path.name} have the same version.")
        found[version] = Migration(version, match["name"], path, _split(path))
    return [found[version] for version in sorted(found)]


async def apply_migrations(connection: asyncpg.Connection, migrations: Sequence[Migration]) -> list[str]:
    """Apply what the history does not list yet; return the applied versions. Raises MigrationError.

    The session's lock keeps two runners apart, so the history is read after it is taken.
    """
    try:
        await connection.execute("select pg_advisory_lock($1)", ADVISORY_LOCK, timeout=LOCK_SECONDS)
    except TimeoutError:
        raise MigrationError(f"Another migration has been running for {LOCK_SECONDS:g} seconds.") from None
    try:
        for statement in HISTORY:
            await connection.execute(statement)
        applied = {row["version"] for row in await connection.fetch(APPLIED)}
        pending = [migration for migration in migrations if migration.version not in applied]
        for migration in pending:
            await _apply(connection, migration)
    finally:
        await connection.execute("select pg_advisory_unlock($1)", ADVISORY_LOCK)
    return [migration.version for migration in pending]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        for number, statement in enumerate(migration.statements, start=1):
            if not pglast.split(statement, with_parser=False):
                # Only a comment: the history keeps it, asyncpg cannot run it.
                continue
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError as error:
                raise MigrationError(
                    f"{migration.path.name}, statement {number}: {error.sqlstate} {error}",
                    details=tuple(statement.splitlines()[:5]),
                ) from error
        await connection.execute("reset role")
        await connection.execute(RECORD, migration.version, migration.name, list(migration.statements))
    # What a file sets for its session must not leak into the next one.
    await connection.execute("reset all")


def _split(path: Path) -> tuple[str, ...]:
    """Split as the official CLI does: comments stay with the statement they precede, the last ones alone."""
    # Bytes, because reading text would turn CRLF into LF and the history would differ from the CLI's.
    text = path.read_bytes().decode("utf-8")
    try:
        slices = cast("tuple[slice, ...]", pglast.split(text, with_parser=False, only_slices=True))
    except pglast.Error as error:
        raise MigrationError(f"{path.name} is not valid SQL: {error}") from error
    rest = text[slices[-1].stop :].lstrip(";").strip() if slices else ""
    return (*(text[part] for part in slices), *([rest] if rest.strip("; \t\r\n") else []))
