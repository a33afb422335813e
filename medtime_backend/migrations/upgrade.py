"""Applies what the history does not list yet, or says why it must not."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from medtime_backend.migrations import faults
from medtime_backend.migrations.application import apply_file, refuse_control
from medtime_backend.migrations.circumstances import Patience
from medtime_backend.migrations.comparison import Standing, compare
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.history import make_history, read_history
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.session import migration_session

_PATIENCE = Patience()


async def apply_migrations(connection: asyncpg.Connection, migrations: Sequence[Migration]) -> list[str]:
    """Apply what the history does not list yet; return the applied versions. Raises MigrationError.

    For databases of our own: what is listed and has no file, or is older than the last one, is not asked about.
    """
    journal = Journal()
    async with migration_session(connection):
        await make_history(connection)
        listed = {row.version for row in await read_history(connection)}
        pending = [migration for migration in migrations if migration.version not in listed]
        for migration in pending:
            refuse_control(migration)
        for migration in pending:
            await apply_file(connection, migration, journal, _PATIENCE)
    return journal.applied


async def upgrade(
    connection: asyncpg.Connection,
    migrations: Sequence[Migration],
    journal: Journal,
    *,
    include_all: bool = False,
    patience: Patience = _PATIENCE,
) -> None:
    """Apply all pending files; the journal tells how far it came.

    Raises MigrationError for a version without a file, for one that is older than the last applied (unless
    `include_all`), and for a file that fails; UncheckedError where nothing can be tried.
    """
    try:
        async with migration_session(connection):
            standings = compare(migrations, await read_history(connection))
            pending = pending_of(migrations, standings, include_all=include_all)
            if pending:
                await make_history(connection)
            for migration in pending:
                await apply_file(connection, migration, journal, patience)
    except faults.LOST as error:
        raise faults.lost(journal) from error


def pending_of(migrations: Sequence[Migration], standings: Sequence[Standing], *, include_all: bool) -> list[Migration]:
    """The files to apply, in order. Raises MigrationError as `upgrade` does, before anything is done."""
    missing = [standing for standing in standings if standing.state == "remote only"]
    if missing:
        raise MigrationError(
            f"The database has {_count(missing)} that no file here has: {_listed(missing)}.",
            details=(
                "Somebody else has applied them: bring this checkout up to date.",
                "Where no branch has them, `supabase migration fetch` writes the files from the history.",
                "Do not mark them as reverted: their statements are in the database, and in no other place.",
            ),
        )
    late = [standing for standing in standings if standing.state == "out of order"]
    if late and not include_all:
        raise MigrationError(
            f"{_count(late).capitalize()} would come before the last applied one: {_listed(late)}.",
            details=(
                "They have most likely come in with another branch.",
                "If they do not depend on the order, say --include-all; else give them later versions.",
            ),
        )
    waiting = {standing.version for standing in standings if standing.state in {"pending", "out of order"}}
    pending = [migration for migration in migrations if migration.version in waiting]
    for migration in pending:
        refuse_control(migration)
    return pending


def _count(standings: Sequence[Standing]) -> str:
    return "1 migration" if len(standings) == 1 else f"{len(standings)} migrations"


def _listed(standings: Sequence[Standing]) -> str:
    return ", ".join(standing.file or standing.version for standing in standings)
