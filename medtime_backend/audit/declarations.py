"""What `policies/` declares: who may do what, read from the SQL files that a DBA reviews."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from medtime_backend.operator_error import OperatorError

TABLE_VERBS = ("select", "insert", "update", "delete", "truncate")


class DeclarationError(OperatorError):
    """A file of `policies/` cannot be understood, or names what does not exist."""


class TableDeclaration(msgspec.Struct, frozen=True):
    """One table. `access` maps (persona, verb) to the row classes it reaches; absent means none.

    `columns` is the closed list name → type, `triggers` that of its triggers, `owners` the columns that name whom a row
    belongs to (empty: it belongs to nobody, its rows are `public`). `statements` are the file's SQL statements.
    `sample` is an insert with the owner as $1, or empty for tables whose rows come with the migrations.
    """

    name: str
    path: Path
    owners: tuple[str, ...]
    columns: Mapping[str, str]
    triggers: tuple[str, ...]
    access: Mapping[tuple[str, str], frozenset[str]]
    statements: tuple[str, ...]
    sample: str = ""
    granted: Mapping[tuple[str, str], tuple[str, ...]] = {}
    """(role, verb) → the columns that the statements grant, all of them for a grant on the table."""


class Declarations(msgspec.Struct, frozen=True):
    """All of `policies/`. `functions` maps a signature (schema.name(types)) to the personas that may execute it."""

    directory: Path
    schemas: Mapping[str, frozenset[str]]
    """Schema → personas with USAGE."""
    tables: Mapping[str, TableDeclaration]
    functions: Mapping[str, frozenset[str]]
    statements: Mapping[str, tuple[str, ...]]
    """File → its statements, of schemas.sql and of the files about functions."""
    files: Mapping[str, str]
    """Schema, table or function → the name of the file that declares it."""
