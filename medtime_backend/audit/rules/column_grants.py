"""The grants on columns that a declaration makes."""

from __future__ import annotations

from typing import Any

import pglast
from pglast import ast

from medtime_backend.audit.declarations import TableDeclaration


def column_grants(table: TableDeclaration) -> list[dict[str, Any]]:
    """One entry for each role and command that is granted on columns alone, with all of these columns."""
    columns: dict[tuple[str, str], list[str]] = {}
    whole: set[tuple[str, str]] = set()
    for raw in pglast.parse_sql(";".join(table.statements)):
        statement = raw.stmt
        if not isinstance(statement, ast.GrantStmt) or not statement.is_grant:
            continue
        for right in statement.privileges or ():
            for role in statement.grantees:
                key = (role.rolename or "public", right.priv_name)
                if right.cols:
                    columns.setdefault(key, []).extend(column.sval for column in right.cols)
                else:
                    whole.add(key)
    return [
        {"role": role, "verb": verb, "names": names, "columns": ", ".join(names)}
        for (role, verb), names in columns.items()
        if (role, verb) not in whole
    ]
