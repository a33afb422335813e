"""Rules on what a policy trusts: that rows stay with their owner, and that access is never decided from a claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pglast import ast
from pglast.enums import A_Expr_Kind

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules.comparisons import branches, caller_conditions
from medtime_backend.audit.rules.facts import Facts, Policy
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import calls, parse_expression, unwrapped, walk, words

MISSING_CHECK: Final = Rule(
    "policy-missing-check",
    "An update may leave what the policy guards",
    "error",
    "USING picks the rows that may change, WITH CHECK what they may become: a weaker one lets a user hand a row over.",
    "Write WITH CHECK out, with the comparison of USING.",
)
TRUSTS_METADATA: Final = Rule(
    "policy-trusts-metadata",
    "A policy believes a claim",
    "error",
    "Users write their own user_metadata, and other claims live until the token ends: access is decided from tables.",
    "Compare with auth.uid() alone, and look the rest up in a table.",
)
RULES: Final = (MISSING_CHECK, TRUSTS_METADATA)
USERS_OWN: Final = ("user_metadata", "raw_user_meta_data")
WHO: Final = "sub"


def find(facts: Facts) -> Iterator[Finding]:
    """What these rules find."""
    for policy in facts.policies:
        if policy.permissive and policy.command in "w*":
            yield from _check(facts, policy)
        claim = next(iter(_claims(facts, policy)), None)
        if claim:
            fix = f"alter policy {policy.ident} on {policy.table}, to compare with (select auth.uid()) and a table."
            yield report(TRUSTS_METADATA, policy.object, f"It believes {claim}.", policy.reproduction, fix)


def _check(facts: Facts, policy: Policy) -> Iterator[Finding]:
    fix = f"alter policy {policy.ident} on {policy.table} with check {policy.using or '(…)'};"
    if not policy.check:
        detail = "It has no WITH CHECK of its own: what may be written hangs on what may be read."
        yield report(MISSING_CHECK, policy.object, detail, policy.reproduction, fix)
        return
    if not policy.using:
        return
    allowed = [caller_conditions(branch, facts.callers) for branch in branches(parse_expression(policy.using))]
    for branch in branches(parse_expression(policy.check)):
        held = caller_conditions(branch, facts.callers)
        if not any(one and one <= held for one in allowed) and any(allowed):
            detail = "WITH CHECK lets a row become what USING would not have let the caller change."
            yield report(MISSING_CHECK, policy.object, detail, policy.reproduction, fix)
            return


def _claims(facts: Facts, policy: Policy) -> Iterator[str]:
    """The claims a policy believes, also in its functions; a restrictive one may narrow by all but user_metadata."""
    trees: list[Any] = [parse_expression(text) for text in policy.expressions]
    names = {routine.plain_name: routine for routine in facts.routines}
    seen: set[str] = set()
    waiting = list(trees)
    while waiting:
        for name in set(calls(waiting.pop())) & set(names) - seen:
            seen.add(name)
            body = facts.bodies[names[name].name]
            trees.extend(body.trees)
            waiting.append(body.trees)
    for tree in trees:
        for claim, users_own in _believed(tree):
            if users_own or policy.permissive:
                yield claim


def _believed(tree: Any) -> Iterator[tuple[str, bool]]:
    harmless = {id(node) for one in walk(tree) for node in _names_sub(one)}
    for node in walk(tree):
        match node:
            case ast.A_Const(val=ast.String(sval=text)) if any(word in str(text) for word in USERS_OWN):
                yield str(text), True
            case ast.ColumnRef(fields=(*_, ast.String(sval=text))) if text in USERS_OWN:
                yield str(text), True
            case ast.FuncCall(funcname=name) if words(name) in ("auth.jwt", "auth.role", "auth.email"):
                if id(node) not in harmless:
                    yield words(name), False
            case ast.FuncCall(funcname=name, args=(ast.Node() as argument, *_)) if words(name).endswith(
                "current_setting"
            ):
                if _setting(argument).startswith("request.jwt") and id(node) not in harmless:
                    yield _setting(argument), False


def _setting(argument: Any) -> str:
    constant = unwrapped(argument)
    text = getattr(getattr(constant, "val", None), "sval", "")
    return "" if text == "request.jwt.claim.sub" else str(text)


def _names_sub(node: Any) -> Iterator[Any]:
    """The calls under `claims ->> 'sub'`: who it is, and no more than auth.uid() tells."""
    if not isinstance(node, ast.A_Expr) or node.kind != A_Expr_Kind.AEXPR_OP or node.name[-1].sval != "->>":
        return
    if getattr(getattr(unwrapped(node.rexpr), "val", None), "sval", "") == WHO:
        yield from (one for one in walk(node.lexpr) if isinstance(one, ast.FuncCall))
