"""Zero-knowledge rule: no blob leaves its table by a function, a trigger, a rule or a materialized view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pglast
from pglast import ast

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules.bodies import Routine, Step
from medtime_backend.audit.rules.facts import Facts
from medtime_backend.audit.rules.flow import Flow
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import walk, words

BLOB_COPIED: Final = Rule(
    "blob-copied",
    "Ciphertext is copied out of its table",
    "error",
    "A copy outlives the tombstone, and is where no policy guards it: another table, a log, a channel.",
    "Let the function write ids and numbers only.",
)
RULES: Final = (BLOB_COPIED,)


def find(facts: Facts) -> Iterator[Finding]:
    """What this rule finds."""
    flow = Flow.of(facts)
    for routine in facts.routines:
        how = next(_leaks(flow, facts, routine), None)
        if how:
            shown = f"select pg_get_functiondef('{routine.name}'::regprocedure);"
            yield report(BLOB_COPIED, routine.name, f"It {how}.", shown, f"drop {routine.kind} {routine.name} cascade;")
    for view in facts.views:
        statements = [raw.stmt for raw in pglast.parse_sql(view.definition)]
        if view.kind == "rule":
            actions = [action for one in statements for action in _actions(one)]
            how = next(_sinks(flow, facts, (Step("statement", tuple(actions)),)), None)
            if how:
                name = f"{view.name}.{view.rule}"
                shown = f"select pg_get_ruledef(oid) from pg_rewrite where ev_class = '{view.name}'::regclass;"  # noqa: S608 - to be read
                yield report(BLOB_COPIED, name, f"It {how}.", shown, f"drop rule {view.rule} on {view.name};")
        elif view.kind == "materialized view" and flow.carries(statements[0]):
            shown = f"select pg_get_viewdef('{view.name}'::regclass);"
            fix = f"drop materialized view {view.name};"
            yield report(BLOB_COPIED, view.name, "It keeps a copy of each blob.", shown, fix)


def _leaks(flow: Flow, facts: Facts, routine: Routine) -> Iterator[str]:
    steps = facts.bodies[routine.name].steps
    yield from _sinks(flow.within(routine, steps), facts, steps)


def _actions(rule: Any) -> tuple[Any, ...]:
    actions = rule.actions
    return tuple(actions) if isinstance(actions, tuple) else (actions,)


def _sinks(flow: Flow, facts: Facts, steps: tuple[Step, ...]) -> Iterator[str]:
    """How the steps let a blob out, as what the function does."""
    for step in steps:
        if step.kind == "raise" and flow.carries(step.tree):
            yield "puts it into a message"
        elif step.kind == "dynamic" and flow.carries(step.tree):
            yield "hands it to a statement made at run time"
        nodes = tuple(walk(step.tree))
        yield from _called(flow, facts, step.tree, nodes)
        for node in nodes:
            how = _written(flow, node)
            if how:
                yield how


def _written(flow: Flow, node: Any) -> str:
    """How one statement keeps a blob elsewhere; empty where it does not."""
    match node:
        case ast.InsertStmt(relation=table) | ast.UpdateStmt(relation=table) | ast.MergeStmt(relation=table):
            return f"writes it into {table.relname}" if not flow.is_home(table) and flow.carries(node) else ""
        case ast.CreateTableAsStmt(query=query):
            return "makes a table of it" if flow.carries(query) else ""
        case ast.CopyStmt(query=query, relation=table):
            return "copies it out" if flow.carries(query) or (table is not None and flow.is_home(table)) else ""
        case _:
            return ""


def _called(flow: Flow, facts: Facts, tree: Any, nodes: tuple[Any, ...]) -> Iterator[str]:
    """Calls of functions that may write, send or log what they are given; `nodes` are all of the tree."""
    for node in nodes:
        if isinstance(node, ast.FuncCall):
            name = words(node.funcname)
            routine = facts.by_plain_name.get(name)
            sends = name.rpartition(".")[2] in flow.SENDERS
            foreign = "." in name and not name.startswith("pg_catalog.") and routine is None
            if (sends or foreign or (routine is not None and not routine.reads_only)) and flow.scope(tree).carries(
                node.args
            ):
                yield f"passes it to {name}"
