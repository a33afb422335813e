"""The statements that set single facts of an object back to what is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from medtime_backend.audit.catalog.privileges import TYPES, WORDS, mend
from medtime_backend.audit.catalog.snapshot import Facts
from medtime_backend.audit.catalog.tolerance import changes
from medtime_backend.audit.quoting import literal

RELATIONS: Final = frozenset({"table", "view", "materialized view", "sequence", "foreign table"})
ROUTINES: Final = frozenset({"function", "procedure"})
# Of a role's powers, the word of ALTER ROLE; without the power, with NO before it.
POWERS: Final = ("superuser", "bypassrls", "createrole", "createdb", "replication", "login", "inherit")
FLAGS: Final = {
    "security definer": ("security invoker", "security definer"),
    "leakproof": ("not leakproof", "leakproof"),
    "strict": ("called on null input", "strict"),
}
# The settings that are lists of names; all others are set to a literal.
LISTS: Final = frozenset({"search_path"})


def alter(kind: str, name: str, expected: Facts, live: Facts) -> list[str] | None:
    """Statements for every changed fact of an object; None if one of them cannot be set by itself."""
    statements: list[str] = []
    changed = changes(kind, name, expected, live)
    for fact, wanted, found in changed:
        if fact.startswith("privileges of "):
            continue
        part = _alteration(kind, name, fact, expected)
        if part is None:
            return None
        statements += part(wanted, found)
    grantees = {fact.removeprefix("privileges of ") for fact, _, _ in changed if fact.startswith("privileges of ")}
    return statements + mend(
        kind,
        name,
        expected,
        _only(live.get("privileges", {}), grantees),
        _only(expected.get("privileges", {}), grantees),
    )


Setter = Callable[[Any, Any], list[str]]
"""(expected, found) → statements."""


def _alteration(kind: str, name: str, fact: str, facts: Facts) -> Setter | None:
    word = WORDS[kind] if kind in TYPES else kind
    if fact == "owner":
        return lambda wanted, _: [f"alter {word} {name} owner to {wanted};"]
    if kind in RELATIONS:
        return _of_relation(f"alter {kind} {name}", fact)
    if kind == "column":
        column = name.removeprefix(f"{facts['in']}.")
        return _of_column(f"alter table {facts['in']} alter column {column}", fact)
    if kind in ROUTINES:
        return _of_routine(f"alter {kind} {name}", fact)
    if kind == "role":
        return _of_role(f"alter role {name}", fact)
    return _of_part(kind, name.removesuffix(f" on {facts['in']}"), fact, facts)


def _of_relation(alter_it: str, fact: str) -> Setter | None:
    setters: dict[str, Setter] = {
        "row-level security": lambda wanted, _: [f"{alter_it} {'enable' if wanted else 'disable'} row level security;"],
        "forced row-level security": lambda wanted, _: [
            f"{alter_it} {'force' if wanted else 'no force'} row level security;"
        ],
        "replica identity": lambda wanted, _: [f"{alter_it} replica identity {wanted};"],
        "persistence": lambda wanted, _: [f"{alter_it} set {'logged' if wanted == 'permanent' else wanted};"],
        "options": lambda wanted, found: _options(alter_it, wanted, found),
    }
    return setters.get(fact)


def _of_column(alter_it: str, fact: str) -> Setter | None:
    setters: dict[str, Setter] = {
        "default": lambda wanted, _: [f"{alter_it} {'drop default' if wanted is None else f'set default {wanted}'};"],
        "not null": lambda wanted, _: [f"{alter_it} {'set' if wanted else 'drop'} not null;"],
        "storage": lambda wanted, _: [f"{alter_it} set storage {wanted};"],
        "statistics target": lambda wanted, _: [f"{alter_it} set statistics {-1 if wanted is None else wanted};"],
        "options": lambda wanted, found: _options(alter_it, wanted, found),
    }
    return setters.get(fact)


def _of_routine(alter_it: str, fact: str) -> Setter | None:
    if fact in FLAGS:
        return lambda wanted, _: [f"{alter_it} {FLAGS[fact][bool(wanted)]};"]
    if fact == "volatility":
        return lambda wanted, _: [f"{alter_it} {wanted};"]
    if fact == "parallel":
        return lambda wanted, _: [f"{alter_it} parallel {wanted};"]
    return (lambda wanted, found: _settings(alter_it, wanted, found)) if fact == "settings" else None


def _of_role(alter_it: str, fact: str) -> Setter | None:
    if fact in POWERS:
        return lambda wanted, _: [f"{alter_it} {'' if wanted else 'no'}{fact};"]
    return (lambda wanted, found: _settings(alter_it, wanted, found)) if fact == "settings" else None


def _of_part(kind: str, own: str, fact: str, facts: Facts) -> Setter | None:
    """Of a trigger, rule, constraint or index."""
    table = facts["in"]
    if kind in {"trigger", "rule"} and fact == "enabled":
        words = {"enabled": "enable", "disabled": "disable", "always": "enable always", "replica": "enable replica"}
        return lambda wanted, _: [f"alter table {table} {words[wanted]} {kind} {own};"]
    if kind == "constraint" and fact == "validated":
        return lambda _, found: [f"alter {facts['of a']} {table} validate constraint {own};"] if not found else []
    if kind == "foreign key":
        # Its triggers are on both tables, and only a superuser can have switched them off.
        return lambda *_: [f"alter table {table.rpartition(' on ')[2]} enable trigger all; -- as a superuser"]
    return (lambda *_: [f"reindex index {own};"]) if (kind, fact) == ("index", "valid") else None


def _options(alter_it: str, wanted: list[str] | None, found: list[str] | None) -> list[str]:
    before, after = _pairs(found), _pairs(wanted)
    gone = ", ".join(sorted(before.keys() - after.keys()))
    new = ", ".join(f"{key} = {value}" for key, value in after.items() if before.get(key) != value)
    return [*([f"{alter_it} reset ({gone});"] if gone else []), *([f"{alter_it} set ({new});"] if new else [])]


def _settings(alter_it: str, wanted: list[str] | None, found: list[str] | None) -> list[str]:
    before, after = _pairs(found), _pairs(wanted)
    return [f"{alter_it} reset {key};" for key in sorted(before.keys() - after.keys())] + [
        f"{alter_it} set {key} = {value if key in LISTS else literal(value)};"
        for key, value in after.items()
        if before.get(key) != value
    ]


def _pairs(settings: list[str] | None) -> dict[str, str]:
    return dict(one.split("=", 1) for one in settings or ())


def _only(privileges: Mapping[str, str], grantees: set[str]) -> dict[str, str]:
    return {grantee: held for grantee, held in privileges.items() if grantee in grantees}
