"""`medtime cleanup`: removes what is over, now or daily."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, TypeVar

import asyncpg
import typer
from rich.progress import BarColumn, Progress, TextColumn

from cli.ages import parse_age
from cli.cleanup_tables import print_due, print_runs, print_schedule, print_step
from cli.database import DatabaseUrl, address_of_stack, connected
from cli.output import checking, messages, print_json
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import cleanup as service

SHORTEST = timedelta(days=1)

Result = TypeVar("Result")

cleanup = typer.Typer(no_args_is_help=True, help="Remove what is over, and say when that happens.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cleanup.command()
def run(
    older_than: Annotated[
        str | None,
        typer.Option(metavar="AGE", show_default=False, help="36h, 30d or 2w; by default the usual 30 days."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of a transaction.")] = 1000,
    yes: Annotated[bool, typer.Option("--yes", help="Also for an age below a day.")] = False,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Remove what is over, in small transactions; can be stopped and repeated at any time.

    Exits with 0 when all is removed, with 1 when another run is under way or time ran out, with 2 when it could not be
    done.
    """
    with checking():
        age = parse_age(older_than) if older_than is not None else None
        if age is not None and age < SHORTEST and not yes and not dry_run:
            raise OperatorError(
                f"{older_than} is less than a day: every device that has been away for longer would start over. "
                "Say --yes if that is meant."
            )
        if dry_run:
            due = _with_database(db_url, lambda connection: service.preview(connection, age))
            _tell({"dry_run": True, "due": due}, lambda: print_due(due), as_json=as_json)
            return
        started = datetime.now(UTC)
        try:
            step = _with_database(db_url, lambda connection: _clean_up(connection, age, batch))
        except KeyboardInterrupt:
            messages.print("Stopped. What was removed stays so; the next run goes on from there.")
            raise typer.Exit(1) from None
    seconds = round((datetime.now(UTC) - started).total_seconds(), 1)
    _tell({"step": step, "seconds": seconds}, lambda: print_step(step, seconds), as_json=as_json)
    if step.outcome != "done":
        raise typer.Exit(1)


@cleanup.command()
def schedule(
    at: Annotated[
        str | None, typer.Option(metavar="HH:MM", show_default=False, help="Run daily at this time, in UTC.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Run no more by itself.")] = False,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show when pg_cron runs the cleanup and how the last runs ended, or change the time.

    Exits with 1 where the cleanup is not scheduled, --off apart.
    """
    with checking():
        if at is not None and off:
            raise OperatorError("--at and --off contradict each other.")
        moment = _parse_time(at) if at is not None else None

        async def work(connection: asyncpg.Connection) -> tuple[service.Schedule, list[service.Run]]:
            changed = at is not None or off
            found = await (service.set_schedule(connection, moment) if changed else service.schedule(connection))
            return found, await service.last_runs(connection)

        found, runs = _with_database(db_url, work)
    following = service.next_time(found, datetime.now(UTC))

    def show() -> None:
        print_schedule(found, following)
        print_runs(runs)

    _tell({"schedule": found, "next": following, "runs": runs}, show, as_json=as_json)
    if not found.active and not off:
        raise typer.Exit(1)


def _with_database(url: str | None, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    return asyncio.run(connected(url or address_of_stack(), work))


async def _clean_up(connection: asyncpg.Connection, age: timedelta | None, batch: int) -> service.Step:
    if not messages.is_terminal:
        return await service.clean_up(connection, age, batch, lambda _: None)
    with _progress(await service.preview(connection, age)) as report:
        return await service.clean_up(connection, age, batch, report)


@contextmanager
def _progress(due: list[service.Due]) -> Iterator[Callable[[service.Step], None]]:
    total = None if any(one.more for one in due) else sum(one.rows for one in due)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} rows"), console=messages
    ) as bar:
        task = bar.add_task("Removing", total=total)
        yield lambda step: bar.update(task, completed=sum(step.removed.values()))


def _parse_time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of the day, in UTC
    except ValueError:
        raise OperatorError(f"{text} is not a time of the day: 03:00") from None


def _tell(value: object, show: Callable[[], None], *, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        show()
