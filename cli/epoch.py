"""`medtime epoch`: the id of the database's history, and a new one after a restore from backup."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.confirmation import confirm
from cli.database import DatabaseUrl, run
from cli.output import messages, print_json, results
from medtime_backend.services import epoch as service

epoch = typer.Typer(no_args_is_help=True, help="The history of the database, and a new one after a restore.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@epoch.command()
def show(db_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show the epoch and since when it holds."""
    found = run(db_url, service.read, keep=False)
    if as_json:
        print_json(found)
    else:
        _print(found)


@epoch.command()
def renew(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Begin a new history, after a restore from backup and before users are let in again.

    Every device is answered 410 resync-required and starts over. It keeps its unsent edits, and asks its user about
    what the restore has lost (docs/protocol.md, docs/operations.md).
    """
    before = run(db_url, service.read, keep=False)
    if not yes:
        messages.print(f"The epoch {before.epoch} has held since {before.started_at:%Y-%m-%d %H:%M} UTC.")
        messages.print(
            f"With a new one each of {before.devices:,} devices starts over: it pulls everything once more, keeps its "
            "unsent edits, and puts back or asks about what the server has lost."
        )
    confirm("Begin a new epoch?", yes=yes)
    after = run(db_url, service.renew)
    if as_json:
        print_json({"before": before, "after": after})
        return
    _print(after)
    messages.print(f"Before: {before.epoch}. Devices learn of it with their next request; nothing has to be restarted.")


def _print(found: service.Epoch) -> None:
    results.print(f"{found.epoch}, since {found.started_at:%Y-%m-%d %H:%M:%S} UTC, {found.devices:,} devices")
