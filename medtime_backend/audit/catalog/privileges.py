"""Privileges as facts, and the statements that turn those of one object into others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# MAINTAIN came with Postgres 17: who has all others has it there, and "ALL" is the same on every version.
ALL_OF_A_TABLE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"})
ALL = "ALL"
GRANTABLE = "*"
TYPES = frozenset({"composite type", "enum", "range"})
# How GRANT calls what the catalog calls otherwise.
WORDS = {
    "view": "table",
    "materialized view": "table",
    "foreign table": "table",
    "aggregate": "function",
    "domain": "type",
    **dict.fromkeys(TYPES, "type"),
}

Privileges = Mapping[str, str]
"""Grantee (`public` or a quoted role) → privileges as `INSERT, SELECT*`: sorted, `*` those that may be passed on."""


def describe(privileges: list[str], grantable: list[str] | None) -> str:
    """One grantee's privileges as they stand in a snapshot."""
    if frozenset(privileges) >= ALL_OF_A_TABLE and not grantable:
        return ALL
    return ", ".join(one + (GRANTABLE if one in (grantable or ()) else "") for one in sorted(privileges))


def mend(kind: str, name: str, facts: Mapping[str, object], before: Privileges, after: Privileges) -> list[str]:
    """The statements that turn the privileges `before` of one object into those `after`.

    `kind`, `name` and `facts` are the object's in a snapshot.
    """
    form = _form(kind, name, facts)
    statements = []
    for grantee in sorted({*before, *after}):
        had, has = _split(before.get(grantee, "")), _split(after.get(grantee, ""))
        if had == has:
            continue
        # Whole sets and grant options do not mix with single privileges: these are granted anew.
        anew = any(one == ALL or one.endswith(GRANTABLE) for one in had | has)
        revoked, granted = (({ALL} if had else set()), has) if anew else (had - has, has - had)
        passed_on = {one for one in granted if one.endswith(GRANTABLE)}
        if revoked:
            statements.append(f"{form('revoke', revoked)} from {grantee};")
        if plain := granted - passed_on:
            statements.append(f"{form('grant', plain)} to {grantee};")
        if passed_on:
            words = {one.removesuffix(GRANTABLE) for one in passed_on}
            statements.append(f"{form('grant', words)} to {grantee} with grant option;")
    return statements


def _split(privileges: str) -> set[str]:
    return set(privileges.split(", ")) if privileges else set()


def _form(kind: str, name: str, facts: Mapping[str, object]) -> Callable[[str, set[str]], str]:
    """How to grant and revoke on this object: (verb, privileges) → the statement without the grantee."""

    def listed(privileges: set[str], column: str = "") -> str:
        return ", ".join(one.lower() + column for one in sorted(privileges))

    if kind == "default privileges":
        schema = f" in schema {facts['in schema']}" if facts.get("in schema") else ""
        start = f"alter default privileges for role {facts['of']}{schema}"
        return lambda verb, privileges: f"{start} {verb} {listed(privileges)} on {facts['on']}"
    if kind == "column":
        table = str(facts["in"])
        column = f" ({name.removeprefix(table + '.')})"
        return lambda verb, privileges: f"{verb} {listed(privileges, column)} on table {table}"
    return lambda verb, privileges: f"{verb} {listed(privileges)} on {WORDS.get(kind, kind)} {name}"
