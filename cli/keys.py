"""`medtime keys`: the keys that images of prescriptions are sealed to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import messages, plain_table, print_json, print_table
from cli.secret_file import replace_secret
from medtime_backend.ocr.key_ring import (
    LONGEST_DAYS,
    PUBLISHED_DAYS,
    KeyPair,
    KeyRingError,
    PublicRing,
    read_pairs,
    renewed,
    write_ring,
)
from medtime_backend.operator_error import OperatorError

keys = typer.Typer(no_args_is_help=True, help="The keys that images are sealed to.")
new = typer.Typer(no_args_is_help=True, help="Make new keys.")
keys.add_typer(new, name="new")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, without anything private.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The key ring, as MEDTIME_OCR_KEYS_FILE names it.")]


@new.command()
def ocr(
    file: File,
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_DAYS, help="How long the new keys are published.")
    ] = PUBLISHED_DAYS,
    as_json: Json = False,
) -> None:
    """Add a new key of each suite to the ring, and drop those that are not accepted any more.

    A ring that is not there yet is made. Give every instance the same file, then restart them one after the other:
    the old keys stay good until their time is over.
    """
    now = datetime.now(UTC)
    before = _read(file) if file.exists() else ()
    after = renewed(before, now, days)
    try:
        replace_secret(file, write_ring(after) + "\n")
    except OSError as fault:
        raise OperatorError(f"{file} cannot be written: {fault.strerror}.") from fault
    _print(after, now, as_json=as_json)
    if not as_json:
        dropped = len(before) + 2 - len(after)
        messages.print(f"{file} has 2 new keys; {dropped} old ones were dropped. Keep it secret.")


@keys.command()
def show(file: File, as_json: Json = False) -> None:
    """Show the ring's keys and their times, without anything private."""
    _print(_read(file), datetime.now(UTC), as_json=as_json)


def _read(file: Path) -> tuple[KeyPair, ...]:
    try:
        return read_pairs(file.read_bytes())
    except OSError as fault:
        raise OperatorError(f"{file} cannot be read: {fault.strerror}.") from fault
    except KeyRingError as fault:
        raise OperatorError(f"{file} cannot be used: {fault}.") from fault


def _print(pairs: tuple[KeyPair, ...], now: datetime, *, as_json: bool) -> None:
    published = {key.id for key in PublicRing(pairs).published(now)}
    if as_json:
        print_json(
            {
                "keys": [
                    {
                        "id": pair.id,
                        "suite": pair.suite,
                        "published": pair.id in published,
                        "published_until": pair.published_until,
                        "accepted_until": pair.accepted_until,
                    }
                    for pair in pairs
                ]
            }
        )
        return
    table = plain_table("id", "suite", "published until", "accepted until", "")
    for pair in pairs:
        times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (pair.published_until, pair.accepted_until))
        table.add_row(pair.id, pair.suite, *times, "published" if pair.id in published else "")
    print_table(table)
