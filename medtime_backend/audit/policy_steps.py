"""The statements that turn the rights of one snapshot into those of another, in the words of `policies/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pglast
from pglast import ast

from medtime_backend.audit.catalog.alteration import alter
from medtime_backend.audit.catalog.privileges import mend
from medtime_backend.audit.catalog.remedy import create_policy, drop, make, own_name
from medtime_backend.audit.catalog.snapshot import Facts, Snapshot
from medtime_backend.audit.declarations import Declarations

GUARDS: Final = ("row-level security", "forced row-level security")
LINE: Final = 120


def steps(before: Snapshot, declared: Snapshot, declarations: Declarations) -> Iterator[str]:
    """The lines of a migration from the rights `before` to the declared ones.

    Policies that go are dropped first and those that come are made last, so that what lies between is stricter.
    """
    words = _Words(declarations)
    changed = [key for key in sorted({*before, *declared}) if before.get(key) != declared.get(key)]
    yield "-- Brings the rights to what policies/ declares."
    yield ""
    for kind, name in changed:
        if kind == "policy" and (kind, name) in before:
            yield from drop(kind, name, before[kind, name])
    for kind, name in changed:
        if kind == "table":
            yield from alter(kind, name, _guards(declared[kind, name]), _guards(before[kind, name])) or ()
    for table in _regranted(changed, before, declared):
        yield from words.regrant(table, _grantees(table, before) | _grantees(table, declared))
    for key in changed:
        if key[0] not in {"policy", "table", "column"}:
            yield from _mended(key, before, declared)
    for kind, name in changed:
        if kind == "policy" and (kind, name) in declared:
            yield words.policy(name, declared[kind, name])


def _guards(facts: Facts) -> Facts:
    return {fact: facts[fact] for fact in GUARDS}


def _mended(key: tuple[str, str], before: Snapshot, declared: Snapshot) -> Iterator[str]:
    had, has = before.get(key), declared.get(key)
    if had is None:
        statements = make(*key, has or {})
    elif has is None:
        statements = drop(*key, had)
    else:
        statements = mend(*key, has, had.get("privileges", {}), has.get("privileges", {}))
    yield from map(_folded, statements)


class _Words:
    """The statements of the table files, by what they are about."""

    def __init__(self, declarations: Declarations) -> None:
        self._policies: dict[tuple[str, str], str] = {}
        self._grants: dict[str, list[str]] = {}
        for table in declarations.tables.values():
            for text in table.statements:
                statement = pglast.parse_sql(text)[0].stmt
                if isinstance(statement, ast.CreatePolicyStmt):
                    self._policies[str(statement.policy_name), table.name] = f"{text};"
                elif isinstance(statement, ast.GrantStmt) and statement.is_grant:
                    self._grants.setdefault(table.name, []).append(f"{text};")

    def policy(self, name: str, facts: Facts) -> str:
        """The statement that makes a policy, as its file has it, comments included."""
        own = own_name(name, facts["in"])
        plain = own[1:-1].replace('""', '"') if own.startswith('"') else own
        return self._policies.get((plain, facts["in"])) or create_policy(name, facts)

    def regrant(self, table: str, grantees: set[str]) -> list[str]:
        """All that is granted on a table, anew."""
        return [
            _folded(f"revoke all on table {table} from {', '.join(sorted(grantees))};"),
            *self._grants.get(table, []),
        ]


def _regranted(changed: list[tuple[str, str]], before: Snapshot, declared: Snapshot) -> list[str]:
    """The tables whose privileges, or those of a column, differ."""
    found = set()
    for kind, name in changed:
        had, has = before.get((kind, name), {}), declared.get((kind, name), {})
        if kind in {"table", "column"} and had.get("privileges") != has.get("privileges"):
            found.add(name if kind == "table" else (has or had)["in"])
    return sorted(found)


def _grantees(table: str, rights: Snapshot) -> set[str]:
    """Who has anything on a table or its columns, besides the owner."""
    found = {
        grantee
        for (kind, name), facts in rights.items()
        if (kind == "table" and name == table) or (kind == "column" and facts["in"] == table)
        for grantee in facts["privileges"]
    }
    return found - {rights["table", table]["owner"]}


def _folded(statement: str) -> str:
    """A long statement on two lines, parted before its grantee."""
    if len(statement) <= LINE:
        return statement
    head, word, tail = statement.rpartition(" from " if " from " in statement else " to ")
    return f"{head}\n{word.strip()} {tail}"
