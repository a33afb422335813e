"""Runs an audit for the command line: the connection, the shadow beside it, and the progress on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec
from rich.progress import BarColumn, Progress, TextColumn

from cli.database import DatabaseError, address_of_stack, connected, database_of
from cli.output import messages
from cli.shadow_database import shadow_connection
from medtime_backend.audit import suppressions as accepted
from medtime_backend.audit.access import Progress as Report
from medtime_backend.audit.catalog.snapshot import Snapshot, snapshot
from medtime_backend.audit.declaration_files import read_declarations, refuse_unknown_tables
from medtime_backend.audit.declarations import DeclarationError
from medtime_backend.audit.examination import Examination, examine
from medtime_backend.audit.findings import Audit
from medtime_backend.audit.personas import NAMES, PERSONAS
from medtime_backend.migrations import migrations_directory, read_migrations

SUPERUSER = "admin_database_url"


class AuditOptions(msgspec.Struct, frozen=True):
    """What the person asked for; `suppressions` None means the file in the directory of the policies."""

    db_url: str | None
    directory: Path
    read_only: bool = False
    personas: tuple[str, ...] = NAMES
    drift: bool = True
    pgrls: bool = True
    advisors: bool = False
    suppressions: Path | None = None


def run_audit(options: AuditOptions) -> Audit:
    """Run it. Raises OperatorError for whatever keeps it from being done."""
    unknown = sorted(set(options.personas) - set(NAMES))
    if unknown:
        raise DeclarationError(f"There is no persona '{unknown[0]}'; known: {', '.join(NAMES)}.")
    if options.suppressions and not options.suppressions.is_file():
        raise DatabaseError(f"{options.suppressions} is no file of suppressions.")
    url = options.db_url or address_of_stack(SUPERUSER)
    migrations = read_migrations(migrations_directory())
    declarations = read_declarations(options.directory)
    refuse_unknown_tables(declarations, [statement for one in migrations for statement in one.statements])
    what = Examination(
        place=database_of(url),
        url=url,
        declarations=declarations,
        personas=tuple(persona for persona in PERSONAS if persona.name in options.personas),
        versions=tuple(migration.version for migration in migrations),
        read_only=options.read_only,
        expected=None,
        pgrls=options.pgrls,
        advisors=options.advisors,
        suppressions=accepted.read_suppressions(
            options.suppressions or options.directory / accepted.FILE, datetime.now(UTC).date()
        ),
    )
    return asyncio.run(_run(url, what, drift=options.drift))


async def _run(url: str, what: Examination, *, drift: bool) -> Audit:
    with _progress() as report:

        async def work(connection: asyncpg.Connection) -> Audit:
            expected = await _expected(what, report) if drift else None
            return await examine(connection, msgspec.structs.replace(what, expected=expected), report)

        return await connected(url, work)


async def _expected(what: Examination, report: Report) -> Snapshot:
    """What the migrations of this checkout make, in a database of its own."""
    report("the shadow database", 0, 1)
    async with shadow_connection() as connection:
        return await snapshot(connection, list(what.declarations.schemas))


@contextmanager
def _progress() -> Iterator[Report]:
    """A bar on a terminal, silence elsewhere."""
    with Progress(
        TextColumn("Auditing"),
        BarColumn(),
        TextColumn("{task.description}"),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)

        def report(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        yield report
