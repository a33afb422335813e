"""What the query string asks for: select, filters, order, limit and offset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medtime_backend.local.rest.refusals import Refused, not_in_the_twin

MOST_ROWS = 1000
"""`max_rows` of supabase/config.toml."""
OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
TRUTHS = {"null": "null", "not_null": "not null", "true": "true", "false": "false", "unknown": "unknown"}
OTHER_WORDS = frozenset({"and", "or", "not.and", "not.or"})
COLUMN = re.compile(r"(?:(?P<alias>\w+):)?(?P<name>\w+|\*)(?:::(?P<cast>\w+))?")
ORDER = re.compile(r"(?P<name>\w+)(?:\.(?P<way>asc|desc))?(?:\.(?P<nulls>nullsfirst|nullslast))?")
ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,"]*)')


@dataclass(frozen=True)
class Column:
    """A column of the answer."""

    name: str
    alias: str | None = None
    cast: str | None = None


@dataclass(frozen=True)
class Filter:
    """A condition on a column. `values` are texts that the database reads as the column's type."""

    name: str
    operator: str
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True)
class Order:
    """A column to sort by; `way` and `nulls` are words of SQL."""

    name: str
    way: str
    nulls: str


@dataclass(frozen=True)
class Question:
    """All of them."""

    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    order: tuple[Order, ...]
    limit: int
    offset: int


def read_question(pairs: Sequence[tuple[str, str]]) -> Question:
    """Read the pairs of a query string. Raises Refused."""
    words = {"select": "*", "order": "", "limit": str(MOST_ROWS), "offset": "0"}
    filters = [_filter(name, value) for name, value in pairs if name not in words]
    words |= {name: value for name, value in pairs if name in words}
    return Question(
        columns=tuple(_column(part) for part in _parts(words["select"]) or ["*"]),
        filters=tuple(filters),
        order=tuple(_order(part) for part in _parts(words["order"])),
        limit=min(_number(words["limit"]), MOST_ROWS),
        offset=_number(words["offset"]),
    )


def _parts(text: str) -> list[str]:
    if "(" in text:
        raise not_in_the_twin("embedded resources and functions in select and order")
    return [part.strip().strip('"') for part in text.split(",") if part.strip()]


def _column(text: str) -> Column:
    found = COLUMN.fullmatch(text)
    if found is None:
        raise _unreadable("select parameter", text)
    return Column(found["name"], found["alias"], found["cast"])


def _order(text: str) -> Order:
    found = ORDER.fullmatch(text)
    if found is None:
        raise _unreadable("order", text)
    nulls = {"nullsfirst": "nulls first", "nullslast": "nulls last"}.get(found["nulls"] or "", "")
    return Order(found["name"], found["way"] or "asc", nulls)


def _filter(name: str, text: str) -> Filter:
    if name in OTHER_WORDS or not name.isidentifier():
        raise not_in_the_twin(f"the parameter {name}")
    negated = text.startswith("not.")
    operator, dot, operand = text.removeprefix("not.").partition(".")
    if not dot or operator not in {*OPERATORS, "is", "in"}:
        raise _unreadable("filter", text)
    if operator == "is" and operand.lower() not in TRUTHS:
        raise _unreadable("filter", text)
    if operator == "in":
        if not (operand.startswith("(") and operand.endswith(")")):
            raise _unreadable("filter", text)
        return Filter(name, operator, _items(operand[1:-1]), negated)
    return Filter(name, operator, (operand,), negated)


def _items(text: str) -> tuple[str, ...]:
    """The values of a list, each quoted or not."""
    found: list[str] = []
    place = 0
    while text and place <= len(text):
        item = ITEM.match(text, place)
        if item is None:
            raise _unreadable("filter", text)
        found.append(item[2] if item[1] is None else re.sub(r"\\(.)", r"\1", item[1]))
        place = item.end() + 1
    return tuple(found)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _unreadable("limit or offset", text)
    return int(text)


def _unreadable(what: str, text: str) -> Refused:
    return Refused(400, "PGRST100", f'"failed to parse {what} ({text})" (line 1, column 1)')
