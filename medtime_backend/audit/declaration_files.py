"""Reads the files of `policies/`: SQL with a header in comments that says who may do what (docs/policies.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from medtime_backend.audit.declaration_statements import (
    created_tables,
    function_signatures,
    granted_columns,
    read_statements,
    table_of,
)
from medtime_backend.audit.declarations import TABLE_VERBS, DeclarationError, Declarations, TableDeclaration
from medtime_backend.audit.personas import EVERY_USER, EVERYONE, NAMES, USERS
from medtime_backend.shipped_files import shipped_directory

SCHEMAS: Final = "schemas.sql"
FUNCTIONS: Final = "functions.sql"
KEYS: Final = ("rows belong to", "columns", "triggers", "sample")
NOBODY: Final = ("nobody", "none", "-")
ROW_CLASSES: Final = ("own", "shared", "foreign", "public")
YES: Final = "yes"
GROUPS: Final = {EVERY_USER: USERS, EVERYONE: NAMES}
TYPE_NAMES: Final = {"timestamptz": "timestamp with time zone"}
"""How Postgres shows the types that are declared by a shorter name."""


def policies_directory() -> Path:
    """Return the packaged copy of the policies, or `policies` of the checkout."""
    return shipped_directory("policies")


def read_declarations(directory: Path) -> Declarations:
    """Read all files. Raises DeclarationError, which names file and fault."""
    if not (directory / SCHEMAS).is_file() or not (directory / FUNCTIONS).is_file():
        raise DeclarationError(f"{directory} is no directory of policies: it lacks {SCHEMAS} or {FUNCTIONS}.")
    schemas, functions = directory / SCHEMAS, directory / FUNCTIONS
    tables = [_table(path) for path in sorted(directory.glob("*.sql")) if path not in (schemas, functions)]
    return Declarations(
        directory=directory,
        schemas=_whom(schemas, "schema", "usage"),
        tables={table.name: table for table in tables},
        functions=_functions(functions),
        statements=(*read_statements(schemas), *read_statements(functions)),
    )


def _table(path: Path) -> TableDeclaration:
    header = _header(path)
    missing = [key for key in KEYS if key not in header]
    if missing:
        raise DeclarationError(f"{path.name} lacks the line `-- {missing[0]}: …` in its header.")
    statements = read_statements(path)
    name = table_of(path)
    sample = header["sample"]
    columns = dict(_column(path, text) for text in _split_list(header["columns"]))
    return TableDeclaration(
        name=name,
        path=path,
        owners=_names(header["rows belong to"]),
        columns=columns,
        triggers=_names(header["triggers"]),
        access=_access(path),
        statements=statements,
        sample="" if sample in NOBODY else sample,
        granted=granted_columns(path, columns),
    )


def _header(path: Path) -> Mapping[str, str]:
    """The entries `-- key: value` of the comments a file begins with; further lines of a value are indented."""
    found: dict[str, str] = {}
    key = ""
    for line in _comments(path):
        entry = re.fullmatch(rf"-- ({'|'.join(KEYS)}): (.*)", line)
        if entry:
            key = entry[1]
            found[key] = entry[2].strip()
        elif key and line.startswith("--   "):
            found[key] += " " + line[5:].strip()
        else:
            key = ""
    return found


def _comments(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            return
        yield line


def _matrix(path: Path, *columns: str) -> Iterator[list[str]]:
    """The rows below the headings of the table in a file's header. Raises DeclarationError where there is none."""
    rows = [[cell.strip() for cell in line[4:].strip(" |").split("|")] for line in _comments(path) if line[3:4] == "|"]
    if not rows or rows[0] != list(columns):
        raise DeclarationError(f"{path.name} has no table with the columns {', '.join(columns)} in its header.")
    for row in rows[2:]:
        if len(row) != len(columns):
            raise DeclarationError(f"{path.name} has a row of {len(row)} instead of {len(columns)} cells: {row[0]}.")
        yield row


def _access(path: Path) -> Mapping[tuple[str, str], frozenset[str]]:
    general: dict[tuple[str, str], frozenset[str]] = {}
    special: dict[tuple[str, str], frozenset[str]] = {}
    for persona, *cells in _matrix(path, "persona", *TABLE_VERBS):
        for verb, cell in zip(TABLE_VERBS, cells, strict=True):
            reached = _reached(path, verb, cell)
            if persona in GROUPS:
                general |= {(one, verb): reached for one in GROUPS[persona]}
            else:
                special[_persona(path, persona), verb] = reached
    return general | special


def _reached(path: Path, verb: str, cell: str) -> frozenset[str]:
    if cell == "-":
        return frozenset()
    known = (YES,) if verb == "truncate" else ROW_CLASSES
    words = frozenset(_split_list(cell))
    if not words <= set(known):
        raise DeclarationError(f"{path.name} says '{cell}' for {verb}: it can be - or {', '.join(known)}.")
    return words


def _whom(path: Path, subject: str, verb: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, cell in _matrix(path, subject, verb):
        whom: set[str] = set()
        for persona in () if cell == "-" else _split_list(cell):
            whom.update(GROUPS.get(persona) or {_persona(path, persona)})
        found[name] = frozenset(whom)
    return found


def _functions(path: Path) -> Mapping[str, frozenset[str]]:
    """Who may execute each function the file's statements name; the header's table names those somebody may."""
    whom = dict(_whom(path, "function", "execute"))
    found = {signature: whom.pop(signature.partition("(")[0], frozenset()) for signature in function_signatures(path)}
    if whom:
        raise DeclarationError(f"{path.name} says who may execute {min(whom)}, but has no statement about it.")
    return found


def _persona(path: Path, name: str) -> str:
    if name not in NAMES:
        raise DeclarationError(f"{path.name} names the unknown persona '{name}'; known: {', '.join(NAMES)}.")
    return name


def _column(path: Path, text: str) -> tuple[str, str]:
    name, _, type_ = text.partition(" ")
    if not type_:
        raise DeclarationError(f"{path.name} gives no type for the column {name}.")
    return name, TYPE_NAMES.get(type_, type_)


def _names(text: str) -> tuple[str, ...]:
    return () if text in NOBODY else _split_list(text)


def _split_list(text: str) -> tuple[str, ...]:
    # Not within brackets: numeric(10, 2) is one type.
    return tuple(part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip())


def refuse_unknown_tables(declarations: Declarations, statements: Iterable[str]) -> None:
    """Refuse files about tables that none of the migrations' statements makes. Raises DeclarationError."""
    made = created_tables(statements)
    for table in declarations.tables.values():
        if table.name not in made:
            raise DeclarationError(f"{table.path.name} is about {table.name}, a table that no migration makes.")
