"""Rules on what functions and views do: whose rows a definer function reads, and that nothing decrypts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pglast
from pglast import ast

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules.bodies import Routine
from medtime_backend.audit.rules.facts import Facts
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import calls, parse_expression, relations, walk

DEFINER_BLIND: Final = Rule(
    "definer-blind",
    "A definer function is held to the policies it was made to pass",
    "error",
    "Its owner has no BYPASSRLS: on a table with forced row-level security it silently sees nothing, or recurses.",
    "Give the function to a role with BYPASSRLS.",
)
DEFINER_OPEN: Final = Rule(
    "definer-open",
    "A definer function answers whoever asks",
    "error",
    "It passes every policy, and either anon may call it or it never asks who is calling.",
    "Let it run as its caller, or compare with auth.uid() in it and revoke it from anon.",
)
DECRYPTS: Final = Rule(
    "function-decrypts",
    "The server decrypts",
    "error",
    "What the server can decrypt, the server can read: keys are the phones' alone.",
    "Drop it.",
)
UNREADABLE: Final = Rule(
    "unreadable-body",
    "A function whose body could not be read",
    "warning",
    "What cannot be parsed cannot be judged: neither what it copies nor what it decrypts.",
    "Write it in SQL or PL/pgSQL, without types of other schemas in its arguments.",
)
RULES: Final = (DEFINER_BLIND, DEFINER_OPEN, DECRYPTS, UNREADABLE)
DECRYPTING: Final = re.compile(
    r"\b(pgp_(sym|pub)_decrypt\w*|decrypt(_iv)?|decrypted_secrets|crypto_\w*(decrypt|open)\w*|\w+_decrypt(ed)?)\b"
)


def find(facts: Facts) -> Iterator[Finding]:
    """What these rules find."""
    for routine in facts.routines:
        body = facts.bodies[routine.name]
        if body.fault:
            detail = f"Its body cannot be read: {body.fault}."
            yield report(UNREADABLE, routine.name, detail, _shown(routine), f"drop {routine.kind} {routine.name};")
        if routine.definer:
            yield from _blind(facts, routine)
            yield from _open(facts, routine)
        yield from _decrypts(routine.name, routine.kind, body.trees, _shown(routine))
    for view in facts.views:
        name = view.name if view.kind != "rule" else f"{view.name}.{view.rule}"
        shown = f"select pg_get_viewdef('{view.name}'::regclass);"
        yield from _decrypts(name, view.kind, pglast.parse_sql(view.definition), shown)
    for policy in facts.policies:
        trees = [parse_expression(text) for text in policy.expressions]
        yield from _decrypts(policy.object, "policy", trees, policy.reproduction)


def _blind(facts: Facts, routine: Routine) -> Iterator[Finding]:
    if routine.owner_bypasses:
        return
    for name in sorted(
        {one for tree in facts.bodies[routine.name].trees for one in relations(tree)} & set(facts.tables)
    ):
        table = facts.tables[name]
        if table.rls and (table.forced or table.owner != routine.owner_oid):
            yield report(
                DEFINER_BLIND,
                routine.name,
                f"It runs as {routine.owner}, for whom the policies of {name} hold.",
                f"select rolsuper, rolbypassrls from pg_roles where rolname = '{routine.owner}';",  # noqa: S608 - to be read
                f"alter {routine.kind} {routine.name} owner to postgres;",
            )
            return


def _open(facts: Facts, routine: Routine) -> Iterator[Finding]:
    if routine.returns in ("trigger", "event_trigger") or not routine.executable_by:
        return
    fix = f"alter {routine.kind} {routine.name} security invoker;"
    if routine.exposed and "anon" in routine.executable_by:
        fix = f"revoke all on {routine.kind} {routine.name} from public, anon;"
        yield report(DEFINER_OPEN, routine.name, "anon may call it through the API.", _shown(routine), fix, "anon")
    elif routine.plain_name not in facts.callers:
        detail = f"It never asks who is calling, and {' and '.join(sorted(routine.executable_by))} may call it."
        yield report(DEFINER_OPEN, routine.name, detail, _shown(routine), fix)


def _decrypts(name: str, kind: str, trees: Any, shown: str) -> Iterator[Finding]:
    found = next((one for tree in trees for one in _mentions(tree) if DECRYPTING.search(one)), None)
    if found:
        fix = f"drop {kind} {name};"
        if kind == "policy":
            fix = "drop the policy, and write it without decryption."
        yield report(DECRYPTS, name, f"It uses {found[:80]}.", shown, fix)


def _mentions(tree: Any) -> Iterator[str]:
    """Names of functions and relations, and constants, which may become statements."""
    yield from calls(tree)
    yield from relations(tree)
    yield from (
        str(node.val.sval) for node in walk(tree) if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String)
    )


def _shown(routine: Routine) -> str:
    return f"select pg_get_functiondef('{routine.name}'::regprocedure);"
