"""Rules on what a policy says: every rule looks at one policy and the table it guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pglast import ast

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.quoting import identifier
from medtime_backend.audit.rules.comparisons import admits_nobody, compared_columns, ignores_caller
from medtime_backend.audit.rules.facts import Facts, Policy, Table
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import CLAIMS, SETTINGS, is_wrapped, parse_expression, words
from medtime_backend.audit.rules.truth import truth

BARE_CALL: Final = Rule(
    "policy-bare-auth-call",
    "A policy asks who is calling for each row",
    "warning",
    "A call in a scalar select is evaluated once for a statement, a bare one for every row: a hundred times slower.",
    "Write (select auth.uid()), everywhere in the policy.",
)
NULL_UID: Final = Rule(
    "policy-null-uid",
    "A policy lets nobody in particular pass",
    "error",
    "Without a token auth.uid() is null: what is true for null is open to everybody.",
    "Compare with = alone; null equals nothing.",
)
ALWAYS_TRUE: Final = Rule(
    "policy-always-true",
    "A policy is true for every row",
    "error",
    "Row-level security is on, and guards nothing: each holder of the grant reaches all owners' rows.",
    "Compare the owner column with the caller.",
)
IGNORES_CALLER: Final = Rule(
    "policy-ignores-caller",
    "A policy does not ask whose row it is",
    "error",
    "One way to pass compares nothing of the row with the caller, so it opens other owners' rows.",
    "Compare the owner column with (select auth.uid()) in every branch of an OR.",
)
UNINDEXED: Final = Rule(
    "policy-unindexed",
    "A policy filters by a column without an index",
    "warning",
    "Every statement gets this filter; without an index that the column leads it reads the whole table.",
    "Make an index that begins with the column, without a WHERE.",
)
RULES: Final = (BARE_CALL, NULL_UID, ALWAYS_TRUE, IGNORES_CALLER, UNINDEXED)


def find(facts: Facts) -> Iterator[Finding]:
    """What these rules find."""
    for policy in facts.policies:
        table = facts.tables.get(policy.table)
        trees = [parse_expression(text) for text in policy.expressions]
        if table is None:
            continue
        yield from _calls(facts, policy, trees)
        for tree in trees:
            nobody = admits_nobody(tree, facts.callers)
            if nobody:
                yield report(
                    NULL_UID,
                    policy.object,
                    f"It passes for nobody: {nobody}.",
                    policy.reproduction,
                    _fix(policy, table),
                )
                break
        if policy.permissive and not _is_public(policy, table):
            yield from _reach(facts, policy, table, trees)
        yield from _indexes(facts, policy, table)


def _is_public(policy: Policy, table: Table) -> bool:
    return policy.command == "r" and not table.has_owners


def _reach(facts: Facts, policy: Policy, table: Table, trees: list[Any]) -> Iterator[Finding]:
    if any(truth(tree, table.required) is True for tree in trees):
        yield report(ALWAYS_TRUE, policy.object, "It is true for every row.", policy.reproduction, _fix(policy, table))
        return
    for tree in trees:
        branch = ignores_caller(tree, facts.callers)
        if branch and truth(tree, table.required) is not False:
            detail = f"A row passes for whoever asks where {branch}."
            yield report(IGNORES_CALLER, policy.object, detail, policy.reproduction, _fix(policy, table))
            return


def _calls(facts: Facts, policy: Policy, trees: list[Any]) -> Iterator[Finding]:
    found = sorted({name for tree in trees for name in _bare(tree, facts.callers, wrapped=False)})
    if found:
        fixed = "; ".join(f"(select {name}(…))" if name in SETTINGS else f"(select {name}())" for name in found)
        detail = f"It calls {', '.join(found)} outside of a scalar select."
        yield report(
            BARE_CALL, policy.object, detail, policy.reproduction, f"alter policy {_named(policy)} with {fixed}."
        )


def _bare(node: Any, helpers: frozenset[str], *, wrapped: bool) -> Iterator[str]:
    if isinstance(node, tuple | list):
        for one in node:
            yield from _bare(one, helpers, wrapped=wrapped)
    elif isinstance(node, ast.SubLink):
        yield from _bare(node.testexpr, helpers, wrapped=wrapped)
        yield from _bare(node.subselect, helpers, wrapped=is_wrapped(node))
    elif isinstance(node, ast.Node):
        if isinstance(node, ast.FuncCall) and not wrapped:
            name = words(node.funcname)
            if name in CLAIMS or name in SETTINGS or (name in helpers and not node.args):
                yield name
        for attribute in node:
            yield from _bare(getattr(node, attribute), helpers, wrapped=wrapped)


def _indexes(facts: Facts, policy: Policy, table: Table) -> Iterator[Finding]:
    if not policy.using:
        return
    own = {column.name for column in table.columns}
    needed = compared_columns(parse_expression(policy.using), facts.callers) & own
    for column in sorted(needed - table.indexed):
        detail = f"It filters by {column}, which leads no valid index without a WHERE."
        yield report(
            UNINDEXED,
            policy.object,
            detail,
            f"select pg_get_indexdef(indexrelid) from pg_index where indrelid = '{table.name}'::regclass;",  # noqa: S608 - to be read
            f"create index on {table.name} ({identifier(column)});",
            verb=column,
        )


def _named(policy: Policy) -> str:
    return f"{policy.ident} on {policy.table}"


def _fix(policy: Policy, table: Table) -> str:
    owners = table.declaration.owners if table.declaration else ()
    mine = " or ".join(f"{identifier(owner)} = (select auth.uid())" for owner in owners or ("user_id",))
    part = "with check" if policy.command == "a" else "using"
    more = f" with check ({mine})" if policy.command in "w*" else ""
    return f"alter policy {_named(policy)} {part} ({mine}){more};"
