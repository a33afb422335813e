"""The files of a directory of migrations, and what they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.gaps import line_at
from medtime_backend.migrations.psql import refuse_psql
from medtime_backend.migrations.splitting import Statement, split
from medtime_backend.shipped_files import shipped_directory

FILE_NAME: Final = re.compile(r"(?P<version>[0-9]+)_(?P<name>.*)\.sql")
# A file becomes one row of the history. Data of this size is COPY's work, not a migration's.
MAX_BYTES: Final = 8 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class MigrationFile:
    """A file by its name alone."""

    version: str
    name: str
    path: Path


@dataclass(frozen=True)
class Migration(MigrationFile):
    """A file that was read: version (digits, 14 of UTC time by custom), name, and what it is split into."""

    parts: tuple[Statement, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        """The texts that the history keeps."""
        return tuple(part.text for part in self.parts)


@dataclass(frozen=True)
class Listing:
    """What a directory holds: migrations in the order of their versions, and names of files that are none."""

    files: tuple[MigrationFile, ...]
    others: tuple[str, ...]


def migrations_directory() -> Path:
    """Return the packaged copy of the migrations, or supabase/migrations of the checkout."""
    return shipped_directory("supabase", "migrations")


def list_files(directory: Path) -> Listing:
    """List a directory. Raises MigrationError when that is not possible.

    Versions are ordered as text, like the history's, whatever their lengths: 1, 10, 2.
    """
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError as error:
        raise MigrationError(f"{directory} cannot be read as a directory of migrations: {error.strerror}.") from error
    files, others = [], []
    for name in names:
        if match := FILE_NAME.fullmatch(name):
            files.append(MigrationFile(match["version"], match["name"], directory / name))
        else:
            others.append(name)
    return Listing(tuple(sorted(files, key=lambda file: (file.version, file.name))), tuple(others))


def read_migrations(directory: Path) -> list[Migration]:
    """Read and split all files in the order of their versions.

    Raises MigrationError for a file that cannot be read or split, and for a version used twice.
    """
    found: dict[str, MigrationFile] = {}
    for file in list_files(directory).files:
        if (other := found.setdefault(file.version, file)) is not file:
            raise MigrationError(
                f"{other.path.name} and {file.path.name} have the same version: give one of them a later one."
            )
    return [read_migration(file) for file in found.values()]


def read_migration(file: MigrationFile) -> Migration:
    """Read and split one file. Raises MigrationError, whose message names it."""
    try:
        text = _read(file.path)
        parts = split(text)
        refuse_psql(parts)
    except MigrationError as error:
        raise MigrationError(f"{file.path.name} is not a migration: {error}", details=error.details) from error
    return Migration(file.version, file.name, file.path, parts)


def _read(path: Path) -> str:
    """The text without its byte order mark, line ends as they are: the history keeps them so."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise MigrationError(
                f"it has {size / 1024 / 1024:.1f} MiB, and the limit is {MAX_BYTES // 1024 // 1024}: bring data in "
                "with COPY, or split the file."
            )
        data = path.read_bytes().removeprefix(_BOM)
    except OSError as error:
        raise MigrationError(f"it cannot be read ({error.strerror}).") from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MigrationError(f"line {line} is not UTF-8: save the file as UTF-8.") from error
    if (place := text.find("\0")) >= 0:
        raise MigrationError(f"line {line_at(text, place)} has a zero byte, which no SQL can hold.")
    return text
