"""Reads the files of `policies/`: SQL with a header in comments that says who may do what (docs/policies.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from medtime_backend.audit.declaration_headers import KEYS, header_of, matrix_of
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
FUNCTIONS: Final = "functions.*.sql"
"""Each is about the functions of one idea, which its name tells."""
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
    schemas, about_functions = directory / SCHEMAS, sorted(directory.glob(FUNCTIONS))
    if not schemas.is_file() or not about_functions:
        raise DeclarationError(f"{directory} is no directory of policies: it lacks {SCHEMAS} or {FUNCTIONS}.")
    general = (schemas, *about_functions)
    tables = [_table(path) for path in sorted(directory.glob("*.sql")) if path not in general]
    usage, functions = _whom(schemas, "schema", "usage"), _all_functions(about_functions)
    return Declarations(
        directory=directory,
        schemas=usage,
        tables={table.name: table for table in tables},
        functions={name: whom for name, (_, whom) in functions.items()},
        statements={path.name: read_statements(path) for path in general},
        files={
            **{table.name: table.path.name for table in tables},
            **{name: path.name for name, (path, _) in functions.items()},
            **dict.fromkeys(usage, SCHEMAS),
        },
    )


def _table(path: Path) -> TableDeclaration:
    header = header_of(path)
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


def _access(path: Path) -> Mapping[tuple[str, str], frozenset[str]]:
    general: dict[tuple[str, str], frozenset[str]] = {}
    special: dict[tuple[str, str], frozenset[str]] = {}
    for persona, *cells in matrix_of(path, "persona", *TABLE_VERBS):
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
    for name, cell in matrix_of(path, subject, verb):
        whom: set[str] = set()
        for persona in () if cell == "-" else _split_list(cell):
            whom.update(GROUPS.get(persona) or {_persona(path, persona)})
        found[name] = frozenset(whom)
    return found


def _all_functions(paths: Iterable[Path]) -> Mapping[str, tuple[Path, frozenset[str]]]:
    """Each function's file, and who may execute it. Raises DeclarationError for one that two files are about."""
    found: dict[str, tuple[Path, frozenset[str]]] = {}
    for path in paths:
        for signature, whom in _functions(path).items():
            if signature in found:
                other = found[signature][0].name
                raise DeclarationError(f"{path.name} is about {signature}, and so is {other}: one file must be.")
            found[signature] = path, whom
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
