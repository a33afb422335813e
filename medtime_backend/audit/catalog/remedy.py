"""What mends a drift: the statements where they can be told from the catalog, else where to look."""

from __future__ import annotations

from typing import Final

from medtime_backend.audit.catalog.alteration import alter
from medtime_backend.audit.catalog.privileges import ALL, TYPES, WORDS, Privileges, mend
from medtime_backend.audit.catalog.snapshot import Facts

LOOK: Final = (
    "Apply the pending migrations (medtime migrate status tells which); with none pending, repeat by hand what the "
    "migration that makes the {kind} {name} says, or write one."
)
LOSES_DATA: Final = frozenset({"table", "column", "materialized view", "sequence", "schema", "foreign table"})
PART_OF_A_TABLE: Final = frozenset({"policy", "trigger", "rule"})
OWNERS_OWN: Final = {
    "tables": ALL,
    "sequences": "SELECT, UPDATE, USAGE",
    "functions": "EXECUTE",
    "types": "USAGE",
    "schemas": "CREATE, USAGE",
    "large objects": "SELECT, UPDATE",
}
EVERYONES: Final = {"functions": {"public": "EXECUTE"}, "types": {"public": "USAGE"}}
# Their definition in the catalog is the whole statement that makes them.
SELF_MADE: Final = frozenset({"index", "trigger", "rule", "statistics"})


def remedy(kind: str, name: str, expected: Facts | None, live: Facts | None) -> str:
    """How to bring one object of the live database to what is expected. None is an object that is not there."""
    if live is None:
        statements = make(kind, name, expected or {})
    elif expected is None:
        statements = drop(kind, name, live)
    else:
        altered = alter(kind, name, expected, live)
        # What the catalog cannot make again is not to be dropped.
        anew = [*drop(kind, name, live), *made] if (made := make(kind, name, expected)) else []
        statements = anew if altered is None else altered
    return "\n".join(statements) if statements else LOOK.format(kind=kind, name=name)


def make(kind: str, name: str, facts: Facts) -> list[str]:
    """The statements that make an object, none where the catalog does not tell all."""
    container = facts["in"]
    if kind == "policy":
        return [create_policy(name, facts)]
    if kind == "constraint":
        return [f"alter {facts['of a']} {container} add constraint {own_name(name, container)} {facts['definition']};"]
    if kind in SELF_MADE:
        return [f"{facts['definition'].rstrip(';')};"]
    if kind == "membership":
        member, _, role = name.partition(" in ")
        return [f"grant {role} to {member};"]
    if kind == "default privileges":
        return mend(kind, name, facts, _built_in(facts), facts.get("privileges", {}))
    return []


def drop(kind: str, name: str, facts: Facts) -> list[str]:
    """The statements that remove an object, none where that is not a matter of one statement."""
    container = facts["in"]
    own = own_name(name, container)
    if kind == "default privileges":
        return mend(kind, name, facts, facts.get("privileges", {}), _built_in(facts))
    member, _, role = name.partition(" in ")
    statement = {
        **dict.fromkeys(PART_OF_A_TABLE, f"drop {kind} {own} on {container};"),
        "constraint": f"alter {facts.get('of a')} {container} drop constraint {own};",
        "column": f"alter table {container} drop column {name.removeprefix(container + '.')};",
        # From Postgres 16 on, a revocation is about one grantor's grant.
        "membership": f"revoke {role} from {member}; -- where it does nothing: granted by the one who granted it",
        "foreign key": "",
    }.get(kind, f"drop {WORDS[kind] if kind in TYPES else kind} {name};")
    return (
        [*(["-- This loses what it holds: look first."] if kind in LOSES_DATA else []), statement] if statement else []
    )


def create_policy(name: str, facts: Facts) -> str:
    """The statement that makes a policy."""
    parts = [
        f"create policy {own_name(name, facts['in'])} on {facts['in']}",
        "" if facts["permissive"] else "as restrictive",
        f"for {facts['command']} to {', '.join(facts['roles'])}",
        f"using ({facts['using']})" if facts["using"] else "",
        f"with check ({facts['with check']})" if facts["with check"] else "",
    ]
    return f"{' '.join(part for part in parts if part)};"


def _built_in(facts: Facts) -> Privileges:
    """What new objects give without default privileges. Those of one schema are added to it, others replace it."""
    return {} if facts["in schema"] else {**EVERYONES.get(facts["on"], {}), facts["of"]: OWNERS_OWN[facts["on"]]}


def own_name(name: str, container: str) -> str:
    """The name of a policy, trigger, rule or constraint without that of its table."""
    return name.removesuffix(f" on {container}")
