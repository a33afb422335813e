"""What `medtime migrate` does in a database: the connection, the checks of it, and the progress on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.database import address_of_stack, connected, run
from cli.output import messages
from medtime_backend.migrations import MigrationError, migrations_directory
from medtime_backend.migrations.circumstances import Patience
from medtime_backend.migrations.comparison import compare
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.gaps import first_word
from medtime_backend.migrations.history import read_history
from medtime_backend.migrations.journal import Journal, Watch
from medtime_backend.migrations.repair import Repair, Status, plan_repair, repair
from medtime_backend.migrations.session import refuse_pooler, refuse_pooler_port
from medtime_backend.migrations.upgrade import pending_of, upgrade

_SHOWN = 60


def preview(db_url: str | None, migrations: Sequence[Migration], *, include_all: bool) -> list[Migration]:
    """The files that `up` would apply; nothing is written. Raises DatabaseError, MigrationError."""

    async def work(connection: asyncpg.Connection) -> list[Migration]:
        standings = compare(migrations, await read_history(connection))
        return pending_of(migrations, standings, include_all=include_all)

    return run(db_url, work, keep=False)


def apply_pending(
    db_url: str | None, migrations: Sequence[Migration], journal: Journal, *, include_all: bool, patience: Patience
) -> None:
    """Apply them, with the journal telling how far it came. Raises DatabaseError, MigrationError, KeyboardInterrupt."""
    url = _address(db_url)

    async def work(connection: asyncpg.Connection) -> None:
        await refuse_pooler(connection, url)
        await upgrade(connection, migrations, journal, include_all=include_all, patience=patience)

    with _progress() as journal.watch:
        # An index on a big table takes as long as it takes.
        asyncio.run(connected(url, work, seconds=None))


def repair_history(
    db_url: str | None,
    migrations: Sequence[Migration],
    versions: Sequence[str],
    status: Status,
    agree: Callable[[str], None] | None,
) -> Repair:
    """Plan it, ask for agreement where a row is lost, and do it; with `agree` None only plan it.

    Raises DatabaseError, MigrationError, and what `agree` raises.
    """
    url = _address(db_url)

    async def look(connection: asyncpg.Connection) -> Repair:
        return plan_repair(migrations, await read_history(connection), versions, status)

    async def work(connection: asyncpg.Connection) -> None:
        await refuse_pooler(connection, url)
        await repair(connection, migrations, plan)

    plan = run(url, look, keep=False)
    if agree:
        if plan.lost:
            agree(_question(plan))
        asyncio.run(connected(url, work))
    return plan


def checkout() -> Path:
    """Where new files belong: never into an installed package. Raises MigrationError."""
    here = Path("supabase/migrations")
    if here.is_dir():
        return here
    ours = migrations_directory()
    if ours.parts[-3] == "medtime_backend":
        raise MigrationError("No supabase/migrations is in this directory: go to the checkout, or give --dir.")
    return ours


def _question(plan: Repair) -> str:
    rows = ", ".join(row.version for row in plan.lost)
    what = "Removed from" if plan.status == "reverted" else "Overwritten in"
    only = f" No file here has {', '.join(plan.without_file)}: save it first, with `supabase migration fetch`."
    return f"{what} the history: {rows}.{only if plan.without_file else ''}"


def _address(db_url: str | None) -> str:
    url = db_url or address_of_stack()
    refuse_pooler_port(url)
    return url


@contextmanager
def _progress() -> Iterator[Watch]:
    """A bar for each file on a terminal, silence elsewhere."""
    with Progress(
        TextColumn("{task.fields[file]}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=messages,
        disable=not messages.is_terminal,
    ) as bar:
        tasks: dict[str, int] = {}

        def watch(migration: Migration, number: int) -> None:
            count = len(migration.parts)
            if migration.version not in tasks:
                tasks[migration.version] = bar.add_task("", total=count, file=migration.path.name)
            text = migration.parts[number - 1].text
            head = text[first_word(text) :].split("\n", 1)[0][:_SHOWN]
            # The last statement counts as done when it is begun: what follows is only the row.
            done = number if number == count else number - 1
            bar.update(tasks[migration.version], completed=done, description=escape(head))  # type: ignore[arg-type] # a TaskID

        yield watch
