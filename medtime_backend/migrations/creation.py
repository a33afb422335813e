"""Makes a new file of migrations, later than all others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from medtime_backend.migrations.comparison import VERSION_TIME, time_of
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import list_files

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TEMPLATE: Final = Path(__file__).with_name("template.sql")


def template() -> str:
    """What a new migration begins with."""
    return _TEMPLATE.read_text(encoding="utf-8")


def create_migration(directory: Path, name: str, now: datetime, sql: str) -> Path:
    """Write the SQL as the last migration of the directory and return its path.

    Its version is the moment `now`, or a second after the last version if that is later. Raises MigrationError for a
    name that is none, for a last version that is no time, and where the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        likely = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        meant = f": {likely}, perhaps" if _NAME.fullmatch(likely) else ""
        raise MigrationError(
            f"'{name}' is no name of a migration: a to z, 0 to 9 and _, beginning with a letter{meant}."
        )
    path = directory / f"{_next_version(directory, now)}_{name}.sql"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(sql)
    except OSError as error:
        raise MigrationError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _next_version(directory: Path, now: datetime) -> str:
    version = now.astimezone(UTC).strftime(VERSION_TIME)
    last = max((file.version for file in list_files(directory).files), default="")
    if version > last:
        return version
    moment = time_of(last)
    if moment is None:
        raise MigrationError(
            f"The last migration has the version {last}, which is no time, and a new one must come after it: rename it."
        )
    return (moment + timedelta(seconds=1)).strftime(VERSION_TIME)
