"""SQL as trees: what the rules on expressions and bodies walk over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pglast
from pglast import ast
from pglast.enums import SubLinkType
from pglast.stream import RawStream

CLAIMS: Final = frozenset({"auth.uid", "auth.jwt", "auth.role", "auth.email"})
"""Supabase's functions that tell who asks."""
SETTINGS: Final = frozenset({"current_setting", "pg_catalog.current_setting"})

PARTS: Final = (ast.Node, tuple, list)
"""What nodes have that may hold nodes."""


def parse_expression(text: str) -> Any:
    """The tree of an expression as pg_get_expr shows it. Raises pglast.Error."""
    return pglast.parse_sql("select " + text)[0].stmt.targetList[0].val


def walk(node: Any) -> Iterator[Any]:
    """All nodes of a tree, or of trees, from the root down."""
    # Not by itself: each node would pass through as many generators as there are nodes above it.
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Node):
            yield one
            waiting.extend([part for name in one if isinstance(part := getattr(one, name), PARTS)][::-1])
        elif isinstance(one, tuple | list):
            waiting.extend(one[::-1])


def words(names: Any) -> str:
    """A qualified name, as schema.name."""
    return ".".join(str(name.sval) for name in names if isinstance(name, ast.String))


def calls(tree: Any) -> Iterator[str]:
    """The names of the functions that are called."""
    return (words(node.funcname) for node in walk(tree) if isinstance(node, ast.FuncCall))


def relations(tree: Any) -> Iterator[str]:
    """The tables and views that are read or written, with their schema where it is written."""
    for node in walk(tree):
        if isinstance(node, ast.RangeVar):
            yield f"{node.schemaname}.{node.relname}" if node.schemaname else str(node.relname)


def columns(tree: Any) -> frozenset[str]:
    """The columns that are mentioned, without their table."""
    return frozenset(
        str(node.fields[-1].sval)
        for node in walk(tree)
        if isinstance(node, ast.ColumnRef) and isinstance(node.fields[-1], ast.String)
    )


def asks_caller(tree: Any, helpers: frozenset[str]) -> bool:
    """Whether the tree asks who is calling, by itself or through one of our functions that do."""
    return asks(calls(tree), helpers)


def asks(called: Iterable[str], helpers: frozenset[str]) -> bool:
    """Whether one of the functions that are called tells who is calling."""
    return any(name in CLAIMS or name in SETTINGS or name in helpers for name in called)


def is_wrapped(node: Any) -> bool:
    """Whether it is `(select expression)`, which Postgres evaluates once for a statement."""
    return (
        isinstance(node, ast.SubLink)
        and isinstance(node.subselect, ast.SelectStmt)
        and not node.subselect.fromClause
        and bool(node.subselect.targetList)
    )


def unwrapped(node: Any) -> Any:
    """The expression itself, without scalar select and casts around it."""
    while True:
        if is_wrapped(node) and node.subLinkType == SubLinkType.EXPR_SUBLINK and not node.subselect.whereClause:
            node = node.subselect.targetList[0].val
        elif isinstance(node, ast.TypeCast):
            node = node.arg
        else:
            return node


def text_of(tree: Any) -> str:
    """The tree as SQL again, always in the same spelling."""
    stream: Any = RawStream
    return str(stream()(tree))
