"""The `medtime` command: one Typer app, a module per command."""

from __future__ import annotations

import signal
import sys
import threading
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer

from cli.catalog import catalog
from cli.cleanup import cleanup
from cli.dev import dev
from cli.doctor import doctor
from cli.epoch import epoch
from cli.keys import keys
from cli.migrate import migrate
from cli.output import results, show_error
from cli.policies import policies
from cli.serve import serve
from cli.users import users
from cli.wakeups import wakeups
from medtime_backend.operator_error import OperatorError

app = typer.Typer(
    name="medtime",
    help="MedTime's backend beside a Supabase project.",
    no_args_is_help=True,
    add_completion=False,
    # Errors a person can act on are one line (below); others are bugs and keep Python's own traceback, which
    # shows no values of variables.
    pretty_exceptions_enable=False,
)
app.command()(dev)
app.command()(serve)
app.command()(doctor)
app.add_typer(migrate, name="migrate")
app.add_typer(users, name="users")
app.add_typer(policies, name="policies")
app.add_typer(epoch, name="epoch")
app.add_typer(cleanup, name="cleanup")
app.add_typer(catalog, name="catalog")
app.add_typer(keys, name="keys")
app.add_typer(wakeups, name="wakeups")


def _show_version(asked: bool) -> None:
    if asked:
        results.print(f"medtime {version('medtime-backend')}")
        raise typer.Exit


@app.callback()
def medtime(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """MedTime's backend beside a Supabase project."""


def _end_as_by_ctrl_c(_: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        # Ctrl-C is ignored, as in the background of a shell: this must not be.
        raise KeyboardInterrupt
    # asyncio's, where it runs, ends what is under way in order.
    handler(signal.SIGINT, frame)


def main() -> None:
    """Run the command line; a mistake of the person is one red line and exit code 1.

    SIGTERM, which jobs of a cluster are ended by, is as Ctrl-C: what is under way is noted, and cleared away. Commands
    that serve have handlers of their own.
    """
    # Signals are the main thread's; a program that calls this in another one has its own.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end_as_by_ctrl_c)
    try:
        app()
    except OperatorError as error:
        show_error(error)
        sys.exit(1)
