"""`medtime wakeups`: how wake-ups stand, who sends them, and sending what is due."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import httpx
import typer

from cli.database import DatabaseUrl, address_of_stack, connected
from cli.output import checking, messages, print_json
from cli.wakeups_tables import print_schedule, print_state
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import wakeups as service
from medtime_backend.settings_rules import SettingsError, check_web_address
from medtime_backend.wakeup_sender import CALL_SECONDS, send_what_is_due

LATE_SECONDS = 300

Result = TypeVar("Result")

wakeups = typer.Typer(no_args_is_help=True, help="How wake-ups stand, and who sends them.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FunctionsUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", envvar="MEDTIME_FUNCTIONS_URL", help="Where edge functions are, …/functions/v1."),
]
KeyFrom = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        envvar="MEDTIME_FUNCTIONS_KEY_FILE",
        help="Its first line is the key of push-notify; - is standard input.",
    ),
]


@wakeups.command()
def status(db_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show what is queued, what became of all before, and the last calls of the sender.

    Exits with 1 when the last call failed, or what is due has waited for more than five minutes.
    """
    with checking():

        async def work(connection: asyncpg.Connection) -> tuple[service.State, service.Schedule]:
            return await service.state(connection), await service.schedule(connection)

        state, schedule = _with_database(db_url, work)
    if as_json:
        print_json({"state": state, "schedule": schedule})
    else:
        print_state(state)
        print_schedule(schedule)
    answered = [call for call in schedule.calls if call.status or call.fault]
    if (answered and answered[0].failed) or state.oldest_seconds > LATE_SECONDS:
        raise typer.Exit(1)


@wakeups.command()
def schedule(
    functions_url: FunctionsUrl = None,
    key_from: KeyFrom = None,
    off: Annotated[bool, typer.Option("--off", help="Call the sender no more.")] = False,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Have the database call the sender every minute (pg_cron, pg_net; the key goes into the vault).

    Exits with 1 where that is not scheduled, --off apart.
    """
    with checking():
        if off:
            found = _with_database(db_url, service.end_schedule)
        else:
            url, key = _target(functions_url, key_from)
            found = _with_database(db_url, lambda connection: service.set_schedule(connection, url, key))
    if as_json:
        print_json({"schedule": found})
    else:
        print_schedule(found)
    if not found.active and not off:
        raise typer.Exit(1)


@wakeups.command()
def send(functions_url: FunctionsUrl = None, key_from: KeyFrom = None, as_json: Json = False) -> None:
    """Call the sender once, as a CronJob does every minute; until nothing is left that is due."""
    with checking():
        url, key = _target(functions_url, key_from)
        told = asyncio.run(_send(url, key))
    if as_json:
        print_json(told)
    else:
        messages.print(", ".join(f"{name} {number}" for name, number in told.items() if name != "more"))


@wakeups.command(name="set")
def set_(
    window: Annotated[float | None, typer.Option(min=1, max=600, help="Wake a device once in so many seconds.")] = None,
    attempts: Annotated[int | None, typer.Option(min=1, max=20, help="Set aside after so many attempts.")] = None,
    db_url: DatabaseUrl = None,
) -> None:
    """Change how wake-ups are sent; it holds from the next one on."""
    with checking():
        _with_database(db_url, lambda connection: service.change_settings(connection, window, attempts))
    messages.print("Changed." if window or attempts else "Nothing was named, nothing is changed.")


@wakeups.command()
def retry(db_url: DatabaseUrl = None) -> None:
    """Queue anew what was set aside, for instance once a wrong key is mended."""
    with checking():
        amount = _with_database(db_url, service.retry_set_aside)
    messages.print(f"{amount:,} queued anew.")


def _with_database(url: str | None, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    return asyncio.run(connected(url or address_of_stack(), work))


def _target(url: str | None, key_from: str | None) -> tuple[str, str]:
    """The functions' address and the key, checked."""
    if not url or not key_from:
        raise OperatorError(
            "Which sender? Give --functions-url and --key-from, "
            "or set MEDTIME_FUNCTIONS_URL and MEDTIME_FUNCTIONS_KEY_FILE."
        )
    try:
        check_web_address("FUNCTIONS_URL", url, "could read the key")
    except SettingsError as fault:
        raise OperatorError(str(fault)) from None
    try:
        text = sys.stdin.read() if key_from == "-" else Path(key_from).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise OperatorError(f"The key cannot be read from {key_from}.") from None
    key = text.partition("\n")[0].strip()
    if not key or not key.isascii() or not key.isprintable():
        raise OperatorError(f"The first line of {key_from} is no key.")
    return url.rstrip("/"), key


async def _send(url: str, key: str) -> dict[str, int]:
    async with httpx.AsyncClient(timeout=CALL_SECONDS) as http:
        return await send_what_is_due(http, url, key)
