"""Zero-knowledge rule: on tables of users, text and bytes are bounded so that they can hold no sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pglast import ast
from pglast.enums import A_Expr_Kind, BoolExprType, NullTestType

from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules.comparisons import parts
from medtime_backend.audit.rules.facts import Column, Facts, Table
from medtime_backend.audit.rules.report import report
from medtime_backend.audit.rules.syntax import parse_expression, unwrapped, words

CLEARTEXT_COLUMN: Final = Rule(
    "cleartext-column",
    "A column could hold cleartext",
    "error",
    "Nothing bounds what is written there, so a name of a drug fits: the server would know what it must not.",
    "Hold it to a pattern, a list or a length by a CHECK, or drop it.",
)
RULES: Final = (CLEARTEXT_COLUMN,)
FREE_TYPES: Final = frozenset(
    {"text", "varchar", "bpchar", "citext", "json", "jsonb", "xml", "hstore", "bytea", "tsvector", "jsonpath", "name"}
)
SENTENCE: Final = "Metformin 500 mg twice a day"
LENGTHS: Final = frozenset(
    {"octet_length", "length", "char_length", "character_length", "bit_length", "pg_column_size"}
)


def find(facts: Facts) -> Iterator[Finding]:
    """What this rule finds. Where the API does not reach, columns that only our functions write are left out."""
    for table in facts.tables.values():
        exposed = table.plain_name.partition(".")[0] in facts.exposed
        for column in table.columns if table.has_owners else ():
            if column.type in FREE_TYPES and (exposed or column.writable) and not _is_bounded(table, column):
                yield report(
                    CLEARTEXT_COLUMN,
                    f"{table.name}.{column.name}",
                    f"It is {column.shown}, and no CHECK holds it to a pattern, a list or a length.",
                    f"select pg_get_constraintdef(oid) from pg_constraint where conrelid = '{table.name}'::regclass;",  # noqa: S608 - to be read
                    f"alter table {table.name} drop column {column.name};",
                )


def _is_bounded(table: Table, column: Column) -> bool:
    if column.bound:
        return True
    # The value of a domain is called VALUE in its checks.
    own = [(parse_expression(text), column.name) for text in table.checks]
    domain = [(parse_expression(re.sub(r"\bVALUE\b", "value_", text)), "value_") for text in column.domain_checks]
    return any(
        _bounds(condition, name) for check, name in own + domain for condition in parts(check, BoolExprType.AND_EXPR)
    )


def _bounds(node: Any, column: str) -> bool:
    """Whether a condition holds the column to little. Of an OR, each branch must, or be that the column is null."""
    choices = parts(node, BoolExprType.OR_EXPR)
    if len(choices) > 1:
        return all(
            _is_null(one, column) or any(_bounds(part, column) for part in parts(one, BoolExprType.AND_EXPR))
            for one in choices
        )
    match node:
        case ast.A_Expr(kind=A_Expr_Kind.AEXPR_OP_ANY, lexpr=left, rexpr=right):
            return _is(left, column) and _is_list(right)
        case ast.A_Expr(kind=A_Expr_Kind.AEXPR_OP, lexpr=left, rexpr=right, name=(*_, ast.String(sval=name))):
            return _compared(unwrapped(left), str(name), unwrapped(right), column)
        case _:
            return False


def _compared(left: Any, name: str, right: Any, column: str) -> bool:
    if _is_length(right, column):
        left, name, right = right, name.translate(str.maketrans("<>", "><")), left
    if not isinstance(right, ast.A_Const):
        return False
    if _is_length(left, column):
        return name in ("<", "<=", "=")
    return _is(left, column) and (name == "=" or (name == "~" and not _fits_sentence(getattr(right.val, "sval", ""))))


def _fits_sentence(pattern: str) -> bool:
    """Whether a sentence fits the pattern; one that Python reads otherwise than Postgres is taken for a bound."""
    try:
        return re.search(pattern, SENTENCE) is not None
    except re.error:
        return False


def _is(node: Any, column: str) -> bool:
    node = unwrapped(node)
    return isinstance(node, ast.ColumnRef) and getattr(node.fields[-1], "sval", "") == column


def _is_null(node: Any, column: str) -> bool:
    return isinstance(node, ast.NullTest) and node.nulltesttype == NullTestType.IS_NULL and _is(node.arg, column)


def _is_length(node: Any, column: str) -> bool:
    if not isinstance(node, ast.FuncCall) or words(node.funcname).rpartition(".")[2] not in LENGTHS:
        return False
    return _is(node.args[0], column)


def _is_list(node: Any) -> bool:
    node = unwrapped(node)
    return isinstance(node, ast.A_ArrayExpr) and all(isinstance(unwrapped(one), ast.A_Const) for one in node.elements)
