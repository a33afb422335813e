"""The SQL statements of a file of `policies/`: only those that say who may do what, and only about its own subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pglast
from pglast import ast
from pglast.enums import AlterTableType, ObjectType
from pglast.stream import RawStream

from medtime_backend.audit.declarations import DeclarationError

ROW_SECURITY = {
    AlterTableType.AT_EnableRowSecurity,
    AlterTableType.AT_ForceRowSecurity,
    AlterTableType.AT_NoForceRowSecurity,
}


def read_statements(path: Path) -> tuple[str, ...]:
    """The statements with the comments before them; the file's header belongs to none.

    Raises DeclarationError for SQL that cannot be parsed, or that does anything but grant, revoke or guard rows.
    """
    text = _body(path)
    found = []
    for raw in _parsed(path):
        start, length = raw.stmt_location or 0, raw.stmt_len or len(text)
        statement = text.encode()[start : start + length].decode().strip()
        if not _allowed(raw.stmt):
            raise DeclarationError(
                f"{path.name} holds a statement that is no GRANT, REVOKE, CREATE POLICY, ALTER DEFAULT PRIVILEGES or "
                f"ALTER TABLE … ROW LEVEL SECURITY: {_first_line(statement)}"
            )
        found.append(statement)
    return tuple(found)


def table_of(path: Path) -> str:
    """The one table, schema.name, that all statements are about; the file is named after it.

    Raises DeclarationError.
    """
    found = {name for raw in _parsed(path) for name in _tables(raw.stmt)}
    if len(found) != 1:
        about = ", ".join(sorted(found)) or "none"
        raise DeclarationError(f"{path.name} must be about one table, but is about {about}.")
    name = found.pop()
    if path.stem != name.removeprefix("public."):
        raise DeclarationError(f"{path.name} is about {name}: name it {name.removeprefix('public.')}.sql.")
    return name


def function_signatures(path: Path) -> list[str]:
    """The functions, as schema.name(type, …), that the statements are about, in their order."""
    found: dict[str, None] = {}
    for raw in _parsed(path):
        if isinstance(raw.stmt, ast.GrantStmt) and raw.stmt.objtype == ObjectType.OBJECT_FUNCTION:
            for function in raw.stmt.objects or ():
                found[_signature(path, function)] = None
    return list(found)


def granted_columns(path: Path, columns: Iterable[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(role, verb) → the columns the statements grant; `columns` are all those of the table."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for raw in _parsed(path):
        statement = raw.stmt
        if not isinstance(statement, ast.GrantStmt) or not statement.is_grant:
            continue
        for role in statement.grantees or ():
            for privilege in statement.privileges or ():
                named = tuple(column.sval for column in privilege.cols or ())
                found[role.rolename or "public", privilege.priv_name] = named or tuple(columns)
    return found


def created_tables(statements: Iterable[str]) -> frozenset[str]:
    """The tables, schema.name, that these statements make."""
    found = set()
    for statement in statements:
        if "create table" in statement.lower():
            made = (raw.stmt for raw in pglast.parse_sql(statement) if isinstance(raw.stmt, ast.CreateStmt))
            found |= {_name(one.relation) for one in made}
    return frozenset(found)


def _body(path: Path) -> str:
    """The file with its header blanked out, so that places stay what they are."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return "".join("\n" if number < end else line for number, line in enumerate(lines))


def _parsed(path: Path) -> tuple[Any, ...]:
    try:
        return tuple(pglast.parse_sql(_body(path)))
    except pglast.Error as error:
        raise DeclarationError(f"{path.name} is not valid SQL: {error}") from error


def _allowed(statement: Any) -> bool:
    if isinstance(statement, ast.AlterTableStmt):
        return all(command.subtype in ROW_SECURITY for command in statement.cmds or ())
    return isinstance(statement, ast.GrantStmt | ast.CreatePolicyStmt | ast.AlterDefaultPrivilegesStmt)


def _tables(statement: Any) -> Iterator[str]:
    if isinstance(statement, ast.AlterTableStmt):
        yield _name(statement.relation)
    elif isinstance(statement, ast.CreatePolicyStmt):
        yield _name(statement.table)
    elif isinstance(statement, ast.GrantStmt) and statement.objtype == ObjectType.OBJECT_TABLE:
        yield from map(_name, statement.objects or ())


def _name(relation: Any) -> str:
    return f"{relation.schemaname or 'public'}.{relation.relname}"


def _signature(path: Path, function: Any) -> str:
    names = [part.sval for part in function.objname]
    if len(names) != 2 or function.args_unspecified:  # noqa: PLR2004 - schema and name
        raise DeclarationError(f"{path.name} must name the function {'.'.join(names)} with its schema and its types.")
    types = ", ".join(RawStream()(argument) for argument in function.objargs or ())  # type: ignore[no-untyped-call]
    return f"{'.'.join(names)}({types})"


def _first_line(statement: str) -> str:
    code = [line for line in statement.splitlines() if line.strip() and not line.startswith("--")]
    return code[0][:120] if code else statement[:120]
