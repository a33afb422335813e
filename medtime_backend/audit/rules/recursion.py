"""Policies that ask each other for ever: found in what they read, and by asking Postgres as the role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pglast
from pglast import ast

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules.facts import Facts, Table
from medtime_backend.audit.rules.plans import Probe
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import calls, parse_expression, relations, walk

RECURSION: Final = Rule(
    "policy-recursion",
    "Policies read each other in a circle",
    "error",
    "Postgres refuses every statement on the tables (42P17), or a function runs until the stack is full.",
    "Look the other table up in a SECURITY DEFINER function of private whose owner has BYPASSRLS.",
)
RULES: Final = (RECURSION,)


def find(facts: Facts, plans: dict[str, tuple[Probe, ...]]) -> Iterator[Finding]:
    """What this rule finds: statically, and where Postgres says so to a role this session may become."""
    cycles = _cycles(facts)
    for name, cycle in cycles.items():
        shown = f"set role authenticated; explain select from {name};"
        yield report(RECURSION, name, f"Its policies read {' → '.join(cycle)}.", shown, _fix(cycle))
    for name, probes in plans.items():
        refused = next((probe for probe in probes if probe.recursive), None)
        if refused and name not in cycles:
            yield _seen(facts.tables[name], refused)


def _seen(table: Table, probe: Probe) -> Finding:
    detail = f"Postgres finds its policies infinitely recursive for {probe.role} ({probe.verb})."
    return report(RECURSION, table.name, detail, probe.reproduction, _fix((table.name, table.name)))


def _fix(cycle: tuple[str, ...]) -> str:
    return (
        f"In the policy of {cycle[0]}, read {cycle[1]} through a function: create function private.<name>() returns "
        "setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as …, executable by "
        "authenticated."
    )


def _cycles(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Table → the way from it back to it, by the policies that its statements make run."""
    reads = {table: frozenset(_read_by(facts, table, "rawd*")) for table in facts.tables}
    while_reading = {table: frozenset(_read_by(facts, table, "r*")) for table in facts.tables}
    found = {}
    for table in facts.tables:
        # A policy may read its own table where reading that needs no subquery again.
        if any(
            _has_subquery(policy.using) for policy in facts.policies if policy.table == table and policy.command in "r*"
        ):
            way = _way(table, reads[table], while_reading)
            if way:
                found[table] = way
    return found


def _way(table: str, first: frozenset[str], then: dict[str, frozenset[str]]) -> tuple[str, ...] | None:
    waiting: list[tuple[str, ...]] = [(table, one) for one in sorted(first)]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop(0)
        if way[-1] == table:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            waiting.extend((*way, one) for one in sorted(then.get(way[-1], frozenset())))
    return None


def _has_subquery(text: str) -> bool:
    return bool(text) and any(isinstance(node, ast.SubLink) for node in walk(parse_expression(text)))


def _read_by(facts: Facts, table: str, commands: str) -> Iterator[str]:
    """The guarded tables that the policies of a table read, through views and functions that are held to policies."""
    if not facts.tables[table].rls:
        return
    routines = {routine.plain_name: routine for routine in facts.routines}
    views = {view.name: view for view in facts.views if view.kind != "rule"}
    waiting: list[Any] = [
        parse_expression(text)
        for policy in facts.policies
        if policy.table == table and policy.command in commands
        for text in policy.expressions
    ]
    seen: set[str] = set()
    while waiting:
        tree = waiting.pop()
        for name in set(relations(tree)) - seen:
            seen.add(name)
            if name in views:
                waiting.append(pglast.parse_sql(views[name].definition))
            elif name in facts.tables and facts.tables[name].rls:
                yield name
        for name in set(calls(tree)) & set(routines) - seen:
            seen.add(name)
            if not (routines[name].definer and routines[name].owner_bypasses):
                waiting.append(facts.bodies[routines[name].name].trees)
