"""What an expression is for every row: true, false, or not to be told without the rows."""

from __future__ import annotations

import operator
from typing import Any, Final

from pglast import ast
from pglast.enums import A_Expr_Kind, BoolExprType, BoolTestType, NullTestType

from medtime_backend.audit.rules.syntax import text_of, unwrapped

OPERATORS: Final = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
REFLEXIVE: Final = {"=": True, "<=": True, ">=": True, "<>": False, "<": False, ">": False}
WORDS: Final = {"t": True, "true": True, "on": True, "f": False, "false": False, "off": False}
TESTS: Final = {
    BoolTestType.IS_TRUE: (True, False),
    BoolTestType.IS_NOT_TRUE: (False, True),
    BoolTestType.IS_FALSE: (False, True),
    BoolTestType.IS_NOT_FALSE: (True, False),
}


def truth(node: Any, required: frozenset[str]) -> bool | None:  # noqa: PLR0911 - a case for each kind of node
    """True or False where it is that for all rows, else None; `required` are the columns that cannot be null."""
    node = unwrapped(node)
    match node:
        case ast.A_Const(val=ast.Boolean(boolval=value)):
            return bool(value)
        case ast.A_Const(val=ast.String(sval=value)):
            return WORDS.get(str(value).lower())
        case ast.BoolExpr():
            return _logic(node, required)
        case ast.A_Expr():
            return _comparison(node)
        case ast.NullTest(arg=argument, nulltesttype=kind):
            never = isinstance(argument, ast.ColumnRef) and argument.fields[-1].sval in required
            certain = never or (isinstance(argument, ast.A_Const) and not argument.isnull)
            return bool(kind == NullTestType.IS_NOT_NULL) if certain else None
        case ast.BooleanTest(arg=argument, booltesttype=kind):
            known = truth(argument, required)
            return TESTS[kind][0 if known else 1] if known is not None and kind in TESTS else None
        case ast.CoalesceExpr(args=(first, *_)):
            return truth(first, required)
        case _:
            return None


def _logic(node: ast.BoolExpr, required: frozenset[str]) -> bool | None:
    found = [truth(argument, required) for argument in node.args]
    if node.boolop == BoolExprType.NOT_EXPR:
        return None if found[0] is None else not found[0]
    decisive = bool(node.boolop == BoolExprType.OR_EXPR)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _comparison(node: ast.A_Expr) -> bool | None:
    name = node.name[-1].sval if node.name else ""
    if name == "~~" and getattr(getattr(unwrapped(node.rexpr), "val", None), "sval", "") == "%":
        return True
    if node.kind != A_Expr_Kind.AEXPR_OP or name not in OPERATORS:
        return None
    left, right = unwrapped(node.lexpr), unwrapped(node.rexpr)
    if isinstance(left, ast.A_Const) and isinstance(right, ast.A_Const):
        values = [_value(left), _value(right)]
        same = type(values[0]) is type(values[1]) and values[0] is not None
        return bool(OPERATORS[str(name)](*values)) if same else None
    # a = a is null where a is, and there it passes no row: but it says nothing about who asks.
    return REFLEXIVE[str(name)] if text_of(left) == text_of(right) else None


def _value(constant: ast.A_Const) -> Any:
    value = constant.val
    return next(
        (
            getattr(value, name)
            for name in ("ival", "sval", "fval", "boolval")
            if getattr(value, name, None) is not None
        ),
        None,
    )
