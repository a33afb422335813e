"""`medtime users erase`: everything of a user goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import asyncpg
import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from cli.confirmation import confirm
from cli.database import DatabaseError, DatabaseUrl, address_of_stack, connected, run, said
from cli.output import messages, plain_table, print_json, print_table
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import erasure, users
from medtime_backend.settings_rules import SettingsError, check_redis_url

REDIS = "MEDTIME_REDIS_URL"
UNFINISHED = "What was removed stays so, and the user stays locked out: run it again to go on."


class Erasure(msgspec.Struct, frozen=True):
    """What was removed, or with `erased` False would be, as rows by table; what is left or could not be done."""

    user_id: str | None
    email: str | None
    erased: bool
    rows: dict[str, int] = {}
    remarks: list[str] = []


def _redis_from_file(given: str) -> str:
    return said("redis_url", given) or ""


def erase(
    name: Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address, or id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    redis_url: Annotated[
        str,
        typer.Option(
            envvar=REDIS,
            callback=_redis_from_file,
            show_default=False,
            metavar="URL",
            help="The service's Redis, in which sessions end at once; without it they are refused within a minute.",
        ),
    ] = "",
    db_url: DatabaseUrl = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove a user with all entities, devices, links, sessions and identities. It cannot be undone.

    Can be stopped and repeated: the user is locked out first, and stays so until the rest is gone.
    """
    url = db_url or address_of_stack()
    if db_url is None:
        redis_url = redis_url or address_of_stack("redis_url")
    _check(redis_url)
    try:
        found, rows = run(url, lambda connection: _look(connection, name), keep=False)
    except users.NoSuchUserError as missing:
        _tell_missing(missing, as_json=as_json)
        return
    told = Erasure(str(found.user_id), found.email, erased=False, rows={row.name: row.amount for row in rows})
    if not as_json:
        _print(told)
    if not dry_run:
        confirm(f"Erase {found.email or found.user_id}, for good?", yes=yes)
        try:
            remarks = asyncio.run(connected(url, lambda connection: _erase(connection, found, rows, redis_url)))
        except KeyboardInterrupt:
            messages.print(f"Stopped. {UNFINISHED}")
            raise typer.Exit(1) from None
        except DatabaseError as error:
            raise DatabaseError(str(error), details=(UNFINISHED,)) from error
        told = msgspec.structs.replace(told, erased=True, remarks=remarks)
        if not as_json:
            messages.print(f"Erased {escape(found.email or '')} ({found.user_id}).")
            for remark in remarks:
                messages.print(remark, style="yellow", markup=False)
    if as_json:
        print_json(told)


def _check(redis_url: str) -> None:
    """Before anything is done: a user who is locked out already would be left half erased."""
    try:
        if redis_url:
            check_redis_url(redis_url)
    except SettingsError as error:
        raise OperatorError(f"{error}; nothing was done.") from None


async def _look(connection: asyncpg.Connection, name: str) -> tuple[users.Found, list[erasure.TableRows]]:
    found = await users.find(connection, name, deleted=True)
    return found, await erasure.preview(connection, found.user_id)


async def _erase(
    connection: asyncpg.Connection, found: users.Found, rows: list[erasure.TableRows], redis_url: str
) -> list[str]:
    await erasure.lock_out(connection, found.user_id)
    await erasure.forget_sessions(redis_url, found.user_id)
    with _progress(rows) as report:
        kept = await erasure.erase(connection, found.user_id, report)
    fault = await erasure.forget_sessions(redis_url, found.user_id)
    remarks = [f"{table} may hold records of the user: this role may delete nothing there." for table in kept]
    if fault:
        remarks.append(f"Tokens of the user are refused within a minute, not at once: {fault}.")
    return remarks


@contextmanager
def _progress(rows: list[erasure.TableRows]) -> Iterator[Callable[[int], None]]:
    """A bar of the rows that go in batches, on a terminal."""
    total = sum(row.amount for row in rows if row.name in {"public.srv_encrypted_entities", "public.srv_ocr_requests"})
    with Progress(
        TextColumn("Erasing"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} rows"),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda removed: bar.advance(task, removed)


def _tell_missing(missing: users.NoSuchUserError, *, as_json: bool) -> None:
    """Also the answer to a repetition, so it is no mistake."""
    if as_json:
        print_json(Erasure(None, None, erased=False, remarks=[str(missing)]))
    else:
        messages.print(f"{escape(str(missing))} Nothing was done.")


def _print(told: Erasure) -> None:
    table = plain_table("Table", "Rows")
    for name, amount in told.rows.items():
        table.add_row(name, f"{amount:,}")
    print_table(table)
