"""`medtime catalog`: bring a publisher's release into the catalog, and see how old each is."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from cli.catalog_search import search
from cli.database import DatabaseUrl, address_of_stack, connected, run
from cli.output import checking, messages, plain_table, print_json, print_table, results
from medtime_backend import environment
from medtime_backend.catalog.download import Download, file_name
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.reading import Report
from medtime_backend.catalog.seeding import File, Summary
from medtime_backend.catalog.seeding import seed as seed_release
from medtime_backend.catalog.sources import Source, source_named
from medtime_backend.catalog.standing import Standing, standings
from medtime_backend.operator_error import OperatorError
from medtime_backend.settings_rules import PREFIX, SettingsError

SHOWN_REJECTS = 20
catalog = typer.Typer(no_args_is_help=True, help="The public drug catalog: its sources, their releases, and a search.")
catalog.command()(search)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@catalog.command()
def seed(
    source: Annotated[str, typer.Option(help="rxnorm, cofepris or ema.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="PATH|URL", help="The publisher's file; without it, the publisher's address."),
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day of the release, 2026-03-14; else as the file says.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also a file with 90 % fewer products than the last.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the lines that could not be read here, as JSON lines.")
    ] = None,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Bring a release of one source in: all of it or nothing. The same file again changes nothing."""
    publisher = source_named(source)
    day = _day(release)
    with tempfile.TemporaryDirectory(prefix="medtime-catalog-") as folder, _progress(shown=not as_json) as report:
        file = _file(publisher, from_ or _address(publisher), Path(folder), report)
        file = msgspec.structs.replace(file, released_on=day)

        async def work(connection: asyncpg.Connection) -> Summary:
            return await seed_release(connection, publisher, file, force=force, report=report)

        summary = asyncio.run(connected(db_url or address_of_stack(), work))
    if rejects is not None:
        _write_rejects(rejects, summary)
    if as_json:
        print_json(summary)
    else:
        _print_summary(publisher, summary)


@catalog.command()
def status(db_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show each source's last release. Exits with 1 when one is older than its cadence, with 2 when it cannot tell."""
    with checking():
        found = run(db_url, standings, keep=False)
    if as_json:
        print_json({"sources": found, "ok": not any(one.overdue for one in found)})
    else:
        _print_standings(found)
    if any(one.overdue for one in found):
        raise typer.Exit(1)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise CatalogError(f"--release {text!r} is no date: write 2026-03-14.") from None
    # It would never be past its cadence. A day more, since the publisher's begins earlier.
    if day and day > datetime.now(UTC).date() + timedelta(days=1):
        raise CatalogError(f"--release {text!r} is yet to come.")
    return day


def _address(publisher: Source) -> str:
    """Where the release is. Raises OperatorError."""
    setting = publisher.variable.removeprefix(PREFIX).lower()
    try:
        return environment.given(os.environ, (setting,)).get(setting) or publisher.address
    except SettingsError as fault:
        raise OperatorError(f"{fault}.") from None


def _file(source: Source, place: str, folder: Path, report: Report) -> File:
    if "://" not in place:
        path = Path(place).expanduser()
        # Neither a device nor a pipe: a file is read more than once.
        if not (path.is_file() or path.is_dir()):
            raise CatalogError(f"There is no file or directory {place}.")
        if path.is_file() and path.stat().st_size > source.most_bytes:
            raise CatalogError(f"{path.name} is larger than {source.most_bytes:,} bytes.")
        return File(path.resolve(), path.resolve().name)
    target = folder / file_name(place)
    download = Download(place, target, source.most_bytes)
    return File(target, download.origin, sha256=download.run(report))


@contextmanager
def _progress(*, shown: bool) -> Iterator[Report]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=messages,
        transient=True,
        disable=not (shown and messages.is_terminal),
    ) as progress:
        task = progress.add_task("start", total=None)

        def report(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of or None)

        yield report


def _write_rejects(path: Path, summary: Summary) -> None:
    try:
        path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in summary.rejects))
    except OSError as fault:
        raise CatalogError(f"{path} cannot be written ({fault.strerror}); the release is in.") from fault


def _print_summary(source: Source, found: Summary) -> None:
    if found.unchanged:
        results.print(f"{source.title}: the same file as last time, nothing changed ({found.products:,} products).")
    else:
        results.print(
            f"{source.title}, release of {found.released_on}: {found.products:,} products, {found.added:,} added, "
            f"{found.changed:,} changed, {found.withdrawn:,} withdrawn, {found.rejected:,} rejected.",
            soft_wrap=True,
        )
    for reason, count in sorted(found.left_out.items()):
        messages.print(f"Left out, {escape(reason)}: {count:,}")
    for one in found.rejects[:SHOWN_REJECTS]:
        where = f"{one.file} line {one.line}" if one.file else f"line {one.line}"
        messages.print(f"  {escape(where)}: {escape(one.reason)}", style="yellow")
    if found.rejected > SHOWN_REJECTS:
        messages.print(f"  and {found.rejected - SHOWN_REJECTS:,} more: --json or --rejects FILE tells all.")


def _print_standings(found: list[Standing]) -> None:
    table = plain_table("Source", "Release", "Age", "Cadence", "Products", "Active", "")
    for one in found:
        verdict = "never seeded" if one.age_days is None else "past its cadence" if one.overdue else "current"
        table.add_row(
            one.source,
            str(one.released_on or "-"),
            "-" if one.age_days is None else f"{one.age_days} days",
            f"{one.cadence_days} days",
            f"{one.products:,}",
            f"{one.active:,}",
            f"[{'red' if one.overdue else 'green'}]{verdict}[/]",
        )
    print_table(table)
