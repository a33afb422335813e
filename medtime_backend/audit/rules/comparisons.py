"""How a policy compares rows with the caller: branch by branch, condition by condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import A_Expr_Kind, BoolExprType, BoolTestType, NullTestType, SubLinkType

from medtime_backend.audit.rules.syntax import asks_caller, columns, text_of, unwrapped, walk

EQUAL = {A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_IN, A_Expr_Kind.AEXPR_OP_ANY}
TRUE_OF_NULL = {BoolTestType.IS_NOT_TRUE, BoolTestType.IS_NOT_FALSE, BoolTestType.IS_UNKNOWN}


def parts(node: Any, kind: BoolExprType) -> tuple[Any, ...]:
    """The operands of a chain of AND or OR, or the node alone."""
    if isinstance(node, ast.BoolExpr) and node.boolop == kind:
        return tuple(one for argument in node.args for one in parts(argument, kind))
    return (node,)


def branches(node: Any) -> Iterator[tuple[Any, ...]]:
    """The ways to pass, each a tuple of conditions that must all hold; a NOT is one condition."""
    for branch in parts(node, BoolExprType.OR_EXPR):
        conditions = parts(branch, BoolExprType.AND_EXPR)
        choices = [one for one in conditions if len(parts(one, BoolExprType.OR_EXPR)) > 1]
        fixed = tuple(one for one in conditions if one not in choices)
        if choices:
            # Of conditions that are choices themselves, the first is opened: it suffices that one of them compares.
            for way in branches(choices[0]):
                yield (*fixed, *choices[1:], *way)
        else:
            yield fixed


def compares(node: Any, helpers: frozenset[str]) -> bool:
    """Whether a condition compares something of the row with the caller."""
    node = unwrapped(node)
    if isinstance(node, ast.NullTest | ast.BooleanTest | ast.CoalesceExpr):
        return False
    if isinstance(node, ast.BoolExpr):
        found = [compares(argument, helpers) for argument in node.args]
        return all(found) if node.boolop == BoolExprType.OR_EXPR else any(found)
    return asks_caller(node, helpers) and bool(columns(node))


def ignores_caller(node: Any, helpers: frozenset[str]) -> str | None:
    """The branch, as SQL, by which a row passes whoever asks; None where there is no such branch."""
    for branch in branches(node):
        if not any(compares(condition, helpers) for condition in branch):
            return " and ".join(map(text_of, branch))
    return None


def caller_conditions(branch: tuple[Any, ...], helpers: frozenset[str]) -> frozenset[str]:
    """The conditions of a branch that compare with the caller, as SQL in one spelling."""
    return frozenset(text_of(condition) for condition in branch if compares(condition, helpers))


def compared_columns(node: Any, helpers: frozenset[str]) -> frozenset[str]:
    """The columns that are equalled with what is derived from the caller, outside of subqueries of their own."""
    found: set[str] = set()
    for one in _outside(node):
        if isinstance(one, ast.A_Expr) and one.kind in EQUAL and one.name[-1].sval == "=":
            for here, there in ((one.lexpr, one.rexpr), (one.rexpr, one.lexpr)):
                if asks_caller(there, helpers) and not asks_caller(here, helpers):
                    found |= columns(here)
        elif isinstance(one, ast.SubLink) and one.subLinkType == SubLinkType.ANY_SUBLINK:
            found |= columns(one.testexpr) if asks_caller(one.subselect, helpers) else frozenset()
    return frozenset(found)


def _outside(node: Any) -> Iterator[Any]:
    if isinstance(node, ast.BoolExpr):
        for argument in node.args:
            yield from _outside(argument)
    else:
        yield node


def admits_nobody(node: Any, helpers: frozenset[str]) -> str | None:
    """The part, as SQL, that lets a caller pass who is nobody, for whom auth.uid() is null; None without one."""
    return next((text_of(one) for one in walk(node) if _admits(one, helpers)), None)


def _admits(node: Any, helpers: frozenset[str]) -> bool:
    match node:
        case ast.NullTest(arg=argument):
            return node.nulltesttype == NullTestType.IS_NULL and asks_caller(argument, helpers)
        case ast.BooleanTest(arg=argument):
            return node.booltesttype in TRUE_OF_NULL and asks_caller(argument, helpers)
        case ast.CoalesceExpr(args=(first, *others)):
            return asks_caller(first, helpers) and not all(_is_nothing(one) for one in others)
        case ast.A_Expr(kind=A_Expr_Kind.AEXPR_DISTINCT | A_Expr_Kind.AEXPR_NOT_DISTINCT):
            return asks_caller((node.lexpr, node.rexpr), helpers)
        case _:
            return False


def _is_nothing(node: Any) -> bool:
    """Whether a default lets nobody pass: null, false, an empty text, or the caller again."""
    node = unwrapped(node)
    if isinstance(node, ast.A_Const):
        value = node.val
        return (
            bool(node.isnull) or getattr(value, "boolval", None) is False or getattr(value, "sval", None) in ("", "f")
        )
    return isinstance(node, ast.FuncCall)
