"""The bodies of functions as steps: SQL and PL/pgSQL, each with the trees of what it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import msgspec
import pglast
from pglast import ast

from medtime_backend.audit.rules.syntax import calls

StepKind = Literal["statement", "expression", "assign", "raise", "dynamic"]
ASSIGNMENT: Final = re.compile(r"\s*([^:=]+?)\s*:?=(.*)", re.DOTALL)
DECLARED_TYPE: Final = re.compile(
    r"(^\s*\w+\s+(?:constant\s+)?)(?:\w+\.\w+(?:\.\w+%type|%rowtype)?(?:\[\])?|\w+%rowtype|\w+\.\w+%type)(?=\s*(?:;|:=|=|default\b|not\b))",
    re.IGNORECASE | re.MULTILINE,
)
"""A type in a DECLARE that only a database can look up."""
DYNAMIC: Final = frozenset(
    {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "PLpgSQL_stmt_return_query", "PLpgSQL_stmt_open"}
)
"""What may run text as a statement."""
PARSED_AS_EXPRESSION: Final = 2
PARSED_AT_MOST: Final = 1000
"""Bodies that are kept parsed."""


class Routine(msgspec.Struct, frozen=True):
    """A function or procedure; `name` has its types, `plain_name` is schema.name.

    `fires_on` are the tables whose triggers run it, `transition_tables` how they name their rows.
    """

    name: str
    plain_name: str
    kind: str
    language: str
    definition: str
    source: str
    definer: bool
    reads_only: bool
    returns: str
    arguments: tuple[str, ...]
    exposed: bool
    owner: str
    owner_oid: int
    owner_bypasses: bool
    executable_by: frozenset[str]
    transition_tables: tuple[str, ...]
    fires_on: tuple[str, ...]


class View(msgspec.Struct, frozen=True):
    """A view or a rewrite rule, and the statement it stands for."""

    name: str
    kind: str
    definition: str
    rule: str


class Step(msgspec.Struct, frozen=True):
    """One statement or expression; `targets` are the variables that get its value."""

    kind: StepKind
    tree: Any
    targets: tuple[str, ...] = ()


class Body(msgspec.Struct, frozen=True, dict=True):
    """What a function does; `fault` says why that cannot be told."""

    steps: tuple[Step, ...] = ()
    fault: str = ""

    @property
    def trees(self) -> tuple[Any, ...]:
        """All that it runs."""
        return tuple(step.tree for step in self.steps)

    @cached_property
    def called(self) -> frozenset[str]:
        """The names of the functions that it calls."""
        return frozenset(calls(self.trees))


def read_body(routine: Routine) -> Body:
    """Parse a function. What cannot be parsed has a fault instead of steps."""
    return _body_of(routine.language, routine.definition, routine.source)


# A comparison looks at the same functions in several databases. Trees are only ever read.
@lru_cache(PARSED_AT_MOST)
def _body_of(language: str, definition: str, source: str) -> Body:
    try:
        if language == "sql":
            return Body(tuple(_sql_steps(definition, source)))
        if language == "plpgsql":
            return Body(tuple(_steps(_plpgsql(definition))))
    except (pglast.Error, ValueError, KeyError) as error:
        return Body(fault=str(error))
    return Body(fault=f"its language is {language}")


def _sql_steps(definition: str, source: str) -> Iterator[Step]:
    (created,) = pglast.parse_sql(definition)
    if created.stmt.sql_body is not None:
        yield Step("statement", created.stmt.sql_body)
    else:
        for raw in pglast.parse_sql(source):
            yield Step("statement", raw.stmt)


def _plpgsql(definition: str) -> Any:
    try:
        return pglast.parse_plpgsql(definition)
    except pglast.Error:
        # The parser has no database: it knows no types but Postgres's own. What rows are made of changes no step.
        return pglast.parse_plpgsql(DECLARED_TYPE.sub(r"\1record", definition))


def _steps(node: Any, kind: StepKind = "expression", targets: tuple[str, ...] = ()) -> Iterator[Step]:
    """The steps under a node of the parser's JSON."""
    if isinstance(node, list):
        for one in node:
            yield from _steps(one, kind, targets)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "PLpgSQL_expr":
                yield _step(value, kind, targets)
            elif name in ("PLpgSQL_var", "PLpgSQL_rec"):
                yield from _steps(value, "assign", (value["refname"],))
            elif name in DYNAMIC:
                yield from _dynamic(value)
            elif name.startswith("PLpgSQL_stmt_"):
                yield from _steps(
                    value, "raise" if name == "PLpgSQL_stmt_raise" else "expression", tuple(_names(value))
                )
            else:
                yield from _steps(value, kind, targets)


def _dynamic(value: Any) -> Iterator[Step]:
    for name, part in value.items():
        yield from _steps(part, "expression" if name == "body" else "dynamic", tuple(_names(value)))


def _step(expression: Any, kind: StepKind, targets: tuple[str, ...]) -> Step:
    query, mode = expression["query"], expression.get("parseMode", 0)
    if mode > PARSED_AS_EXPRESSION:
        found = ASSIGNMENT.fullmatch(query)
        if found is None:
            raise ValueError(f"an assignment cannot be read: {query[:80]}")
        return Step("assign", _expression(found[2]), (found[1].lower(),))
    if mode == PARSED_AS_EXPRESSION:
        return Step(kind, _expression(query), targets)
    return Step("statement", tuple(raw.stmt for raw in pglast.parse_sql(query)), targets)


def _expression(text: str) -> ast.Node:
    """An expression of PL/pgSQL may go on as a select does: `x := count(*) from t`."""
    statement: ast.Node = pglast.parse_sql("select " + text)[0].stmt
    return statement


def _names(statement: Any) -> Iterator[str]:
    """The variables a statement puts its result into."""
    for key in ("target", "var", "row"):
        for kind, value in statement.get(key, {}).items():
            if kind == "PLpgSQL_row":
                yield from (field["name"] for field in value.get("fields", ()))
            elif "refname" in value:
                yield value["refname"]
