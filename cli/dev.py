"""`medtime dev`: run the embedded stack until told to stop."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.error_follower import ErrorFollower
from cli.output import messages, results
from medtime_backend.local.errors import StackCancelledError
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.operator_error import OperatorError

if TYPE_CHECKING:
    from medtime_backend.local.stack import Stack

POLL_SECONDS = 0.2
WAKEUP_SECONDS = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def dev(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the service; 0 picks a free one.")] = 8000,
    data_dir: Annotated[Path, typer.Option(help="Where the stack keeps its data.")] = Path(".medtime/dev"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")] = False,
    postgres_bin: Annotated[Path | None, typer.Option(help="Directory of another Postgres (15 or newer).")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Remove the stack's data first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --reset.")] = False,
    wakeups_every: Annotated[
        int,
        typer.Option(min=0, max=86_400, metavar="SECONDS", help="How often what is due of wake-ups is sent; 0: never."),
    ] = WAKEUP_SECONDS,
) -> None:
    """Run Postgres, Valkey, a local Supabase gateway and the service, with two demo users, until Ctrl-C."""
    if reset and not yes:
        _confirm_reset(data_dir)
    options = StackOptions(data_dir=data_dir, port=port, postgres_bin=postgres_bin, wakeup_seconds=wakeups_every)
    stack = _stack(options)
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        stack.cancel()

    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    try:
        with messages.status("Starting") as status:
            info = stack.start(reset=reset, report=status.update)
        _show(info, as_json=as_json)
        _watch(stack, info, stopped)
    except StackCancelledError:
        pass
    finally:
        stack.stop()
    messages.print("Stopped.")


def _stack(options: StackOptions) -> Stack:
    """The stack, imported only now: a production install has no `local` extra. Raises OperatorError without it."""
    try:
        from medtime_backend.local.stack import Stack  # noqa: PLC0415 - see above
    except ModuleNotFoundError as missing:
        raise OperatorError(
            f"The embedded stack needs {missing.name}, which is not installed: pip install 'medtime-backend[local]'."
        ) from None
    return Stack(options, warn=_warn)


def _warn(line: str) -> None:
    messages.print(line, style="yellow", markup=False)


def _confirm_reset(data_dir: Path) -> None:
    if not sys.stdin.isatty():
        raise OperatorError(f"--reset removes all data in {data_dir}: add --yes.")
    typer.confirm(f"Remove all data in {data_dir}?", abort=True, err=True)


def _watch(stack: Stack, info: StackInfo, stopped: Event) -> None:
    """Return when told to stop; show the service's errors meanwhile. Raises ProcessDiedError."""
    with ErrorFollower(info.service_log) as follower:
        while not stopped.wait(POLL_SECONDS):
            for line in follower.new_errors():
                messages.print(line, style="red", markup=False)
            stack.raise_if_dead()


def _show(info: StackInfo, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(info.as_json()) + "\n")
        sys.stdout.flush()
        return
    rows = {
        "Service": info.base_url,
        "Supabase": info.supabase_url,
        "  publishable key": info.publishable_key,
        "  secret key": info.secret_key,
        "Database": info.database_url,
        "  as the service": info.service_database_url,
        "Redis": info.redis_url,
        "Data and logs": str(info.data_dir),
        **{f"User {user.email}": user.password for user in info.users},
    }
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    for name, value in rows.items():
        table.add_row(name, value)
    # Wide enough for all, whatever the terminal's width: an address cut or folded by us cannot be copied.
    needed = max(map(len, rows)) + max(map(len, rows.values())) + 4
    Console(highlight=False, width=max(results.width, needed)).print(table)
    results.print("Ctrl-C stops.")
