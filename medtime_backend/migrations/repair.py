"""Marks versions as applied or reverted without running anything, as the official CLI does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import asyncpg
import msgspec

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.history import Recorded, forget, make_history, read_history, record
from medtime_backend.migrations.session import migration_session

Status = Literal["applied", "reverted"]


class Repair(msgspec.Struct, frozen=True):
    """What a repair does: rows to write, and the rows that it removes or overwrites, whole."""

    status: Status
    versions: tuple[str, ...]
    lost: tuple[Recorded, ...]
    without_file: tuple[str, ...]


def plan_repair(
    migrations: Sequence[Migration], history: Sequence[Recorded], versions: Sequence[str], status: Status
) -> Repair:
    """Say what would be done. Raises MigrationError for a version that has no file, or no row to revert."""
    files = {migration.version: migration for migration in migrations}
    rows = {row.version: row for row in history}
    known = files if status == "applied" else rows
    unknown = [version for version in versions if version not in known]
    if unknown:
        what = "No file has" if status == "applied" else "The history does not list"
        raise MigrationError(f"{what} the version {', '.join(unknown)}. Nothing was changed.")
    lost = [rows[version] for version in versions if version in rows]
    if status == "applied":
        lost = [row for row in lost if row.statements is not None and row.statements != files[row.version].statements]
    return Repair(
        status,
        tuple(dict.fromkeys(versions)),
        tuple(lost),
        tuple(row.version for row in lost if row.version not in files),
    )


async def repair(connection: asyncpg.Connection, migrations: Sequence[Migration], plan: Repair) -> None:
    """Do what was planned, in one transaction. Raises MigrationError when the history has changed meanwhile."""
    files = {migration.version: migration for migration in migrations}
    async with migration_session(connection), connection.transaction():
        if plan_repair(migrations, await read_history(connection), plan.versions, plan.status) != plan:
            raise MigrationError("The history has changed meanwhile. Nothing was changed: look again.")
        if plan.status == "reverted":
            await forget(connection, plan.versions)
            return
        await make_history(connection)
        for version in plan.versions:
            await record(connection, files[version], again=True)
