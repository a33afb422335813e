"""Files and history side by side: what is applied, what waits, what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Literal

import msgspec

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.history import Recorded
from medtime_backend.migrations.splitting import split

VERSION_TIME = "%Y%m%d%H%M%S"

State = Literal["applied", "drifted", "pending", "out of order", "remote only"]


class Drift(msgspec.Struct, frozen=True):
    """The first statement, from 1, in which file and history differ; what each has there, None for nothing."""

    statement: int
    line: int | None
    in_file: str | None
    in_history: str | None


class Standing(msgspec.Struct, frozen=True):
    """One version: its state, the file if there is one, and the UTC time that its digits say.

    The history has no times of its own. `compared` is False where the history has no statements to compare with.
    """

    version: str
    name: str
    state: State
    file: str | None
    time: datetime | None
    drift: Drift | None = None
    compared: bool = True
    recorded_name: str | None = None


def compare(migrations: Sequence[Migration], history: Sequence[Recorded]) -> list[Standing]:
    """Return all versions of both sides in order."""
    recorded = {row.version: row for row in history}
    last = max(recorded, default="")
    found = [_of_file(migration, recorded.get(migration.version), last) for migration in migrations]
    known = {migration.version for migration in migrations}
    found += [
        Standing(row.version, row.name or "", "remote only", None, time_of(row.version), recorded_name=row.name)
        for row in history
        if row.version not in known
    ]
    return sorted(found, key=lambda standing: standing.version)


def time_of(version: str) -> datetime | None:
    """The UTC time that 14 digits say; None for another version."""
    try:
        return datetime.strptime(version, VERSION_TIME).replace(tzinfo=UTC) if len(version) == 14 else None  # noqa: PLR2004 - the digits of VERSION_TIME
    except ValueError:
        return None


def _of_file(migration: Migration, row: Recorded | None, last: str) -> Standing:
    file, time = migration.path.name, time_of(migration.version)
    if row is None:
        state: State = "pending" if migration.version > last else "out of order"
        return Standing(migration.version, migration.name, state, file, time)
    drift = None if row.statements is None else find_drift(migration, row.statements)
    return Standing(
        migration.version,
        migration.name,
        "drifted" if drift else "applied",
        file,
        time,
        drift,
        compared=row.statements is not None,
        recorded_name=row.name,
    )


def find_drift(migration: Migration, recorded: Sequence[str]) -> Drift | None:
    """The first difference between a file and what was recorded; line ends and another way of splitting are none."""
    here, there = _plain(migration.statements), _plain(recorded)
    if here == there or (len(here) != len(there) and _squeezed(here) == _squeezed(_split_again(there))):
        return None
    for number, (mine, other) in enumerate(zip_longest(here, there), start=1):
        if mine != other:
            line = migration.parts[number - 1].line if number <= len(migration.parts) else None
            return Drift(number, line, mine, other)
    return None


def _plain(statements: Sequence[str]) -> list[str]:
    return [text.replace("\r\n", "\n").strip().rstrip(";").rstrip() for text in statements]


def _squeezed(statements: Sequence[str]) -> list[str]:
    return [" ".join(text.split()) for text in statements]


def _split_again(statements: Sequence[str]) -> list[str]:
    """The recorded text as it is split today: other versions of the CLI have cut elsewhere."""
    try:
        return _plain([part.text for part in split(";\n".join(statements))])
    except MigrationError:
        return []
