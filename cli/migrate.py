"""`medtime migrate`: the schema's history, shared with the official Supabase CLI."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.database import DatabaseError, DatabaseUrl, run
from cli.migrate_run import apply_pending, checkout, preview, repair_history
from cli.migrate_tables import print_preview, print_repair, print_standings, print_verification
from cli.output import COULD_NOT_CHECK, checking, messages, print_json, results, show_error
from medtime_backend.migrations import MigrationError, UncheckedError, migrations_directory, read_migrations
from medtime_backend.migrations.circumstances import Patience
from medtime_backend.migrations.comparison import compare
from medtime_backend.migrations.creation import create_migration, template
from medtime_backend.migrations.faults import interrupted
from medtime_backend.migrations.files import list_files
from medtime_backend.migrations.history import Recorded, read_history
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.repair import Status
from medtime_backend.migrations.verification import verify as verify_directory
from medtime_backend.operator_error import OperatorError

migrate = typer.Typer(no_args_is_help=True, help="Migrations, in one history with the official Supabase CLI.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Directory = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", show_default=False, help="The directory of migrations; by default our own."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@migrate.command()
def status(db_url: DatabaseUrl = None, directory: Directory = None, as_json: Json = False) -> None:
    """Show what is applied, pending, changed since, or only in the database.

    Exits with 1 when something stands in the way of `up`, or was changed since; with 2 when it cannot be told.
    """
    with checking():
        place = directory or migrations_directory()
        standings = compare(read_migrations(place), run(db_url, read_history, keep=False))
    if as_json:
        print_json({"directory": str(place), "migrations": standings})
    else:
        print_standings(standings)
        _tell_others(place)
    raise typer.Exit(int(any(one.state not in {"applied", "pending"} for one in standings)))


@migrate.command()
def up(
    db_url: DatabaseUrl = None,
    directory: Directory = None,
    dry_run: DryRun = False,
    include_all: Annotated[
        bool, typer.Option("--include-all", help="Apply files that come before the last applied one, too.")
    ] = False,
    lock_timeout: Annotated[
        float, typer.Option(min=0.1, max=3600, metavar="SECONDS", help="How long a statement waits for a lock.")
    ] = 5.0,
    tries: Annotated[int, typer.Option(min=1, max=20, help="How often a file is tried when a lock is not free.")] = 5,
    as_json: Json = False,
) -> None:
    """Apply what is pending, each file and its row in the history in one transaction.

    Exits with 1 when it is refused or fails, with 2 when the database cannot be used.
    """
    journal = Journal()
    error: OperatorError | None = None
    try:
        place = directory or migrations_directory()
        migrations = read_migrations(place)
        if dry_run:
            print_preview(preview(db_url, migrations, include_all=include_all), as_json=as_json)
            return
        if not as_json:
            _tell_others(place)
        apply_pending(db_url, migrations, journal, include_all=include_all, patience=Patience(lock_timeout, tries))
    except KeyboardInterrupt:
        error = interrupted(journal)
    except (MigrationError, DatabaseError) as fault:
        error = fault
    if error:
        show_error(error)
    if as_json:
        failure = {"error": str(error), "details": error.details} if error else {}
        print_json({"applied": journal.applied, **failure})
    elif not error:
        results.print(f"Applied: {len(journal.applied)}." if journal.applied else "Everything is applied.")
    if error:
        raise typer.Exit(COULD_NOT_CHECK if isinstance(error, UncheckedError | DatabaseError) else 1)


@migrate.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it does: add_reminders.")],
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Write an empty migration, later than all others, and print its path."""
    path = create_migration(directory or checkout(), name, datetime.now(UTC), template())
    if as_json:
        print_json({"path": str(path)})
    else:
        results.print(str(path), soft_wrap=True, markup=False)


@migrate.command()
def verify(
    db_url: DatabaseUrl = None,
    directory: Directory = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check the files only; no database is asked.")] = False,
    as_json: Json = False,
) -> None:
    """Look for what would fail or harm, in the files and between them and the history.

    Exits with 1 on an error, with 2 when the history cannot be read. Warnings are shown.
    """
    history: list[Recorded] | None = None
    missing: OperatorError | None = None
    if not offline:
        try:
            history = run(db_url, read_history, keep=False)
        except DatabaseError as error:
            missing = error
    with checking():
        found = verify_directory(directory or migrations_directory(), history)
    if as_json:
        print_json(found)
    else:
        print_verification(found)
    if missing:
        show_error(missing)
    if found.failed or missing:
        raise typer.Exit(1 if found.failed else COULD_NOT_CHECK)


@migrate.command()
def repair(
    versions: Annotated[list[str], typer.Argument(metavar="VERSION…", help="Versions to mark.")],
    status: Annotated[Status, typer.Option("--status", help="What they are.")],
    db_url: DatabaseUrl = None,
    directory: Directory = None,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a row is removed or overwritten.")] = False,
    as_json: Json = False,
) -> None:
    """Mark versions as applied or reverted in the history; no statement of theirs is run."""

    def agree(question: str) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise MigrationError(f"{question} Nothing was changed: say --yes.")
        messages.print(question, markup=False)
        if not typer.confirm("Go on?", err=True):
            raise MigrationError("Nothing was changed.")

    plan = repair_history(
        db_url, read_migrations(directory or migrations_directory()), versions, status, None if dry_run else agree
    )
    print_repair(plan, as_json=as_json, done=not dry_run)


def _tell_others(directory: Path) -> None:
    if others := list_files(directory).others:
        messages.print(f"Passed over, since they are not named <version>_<name>.sql: {', '.join(others)}", markup=False)
