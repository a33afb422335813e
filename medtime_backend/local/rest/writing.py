"""Which statement a request that writes or calls becomes."""

from __future__ import annotations

from medtime_backend.local.rest.catalog import Function, Table
from medtime_backend.local.rest.composition import Composition, in_public, on_conflict, selected
from medtime_backend.local.rest.questions import Question
from medtime_backend.local.rest.refusals import Refused, not_in_the_twin
from medtime_backend.local.rest.requests import Asked, Body


def write(composition: Composition, asked: Asked, table: Table, question: Question, body: Body) -> str:
    """Insert, update or delete. Raises Refused."""
    returning = "1 as one"
    if asked.preferences.representation:
        returning = selected(question.columns, of=in_public(table.name))
    if asked.method != "POST" and not question.filters:
        # What Supabase has safeupdate for: a forgotten filter must not touch every row.
        raise Refused(400, "21000", f"{'UPDATE' if asked.method == 'PATCH' else 'DELETE'} requires a WHERE clause")
    if asked.method == "DELETE":
        return composition.delete(table, question.filters, returning)
    if not body.names:
        raise not_in_the_twin("a row without columns")
    if asked.method == "PATCH":
        return composition.update(table, body.names, body.text, question.filters, returning)
    conflict = ""
    if asked.preferences.resolution is not None:
        given = dict(asked.pairs).get("on_conflict", "")
        key = [name.strip().strip('"') for name in given.split(",") if name] or table.key
        conflict = on_conflict(key, body.names, asked.preferences.resolution)
    return composition.insert(table, body.names, body.array, conflict, returning)


def called(
    composition: Composition, function: Function, question: Question, body: Body, *, singular: bool
) -> tuple[str, str]:
    """The call, and the shape of its answer."""
    source = composition.call(function, body.names, body.text)
    if not function.gives_rows:
        return source, "values" if function.gives_many else "value"
    if not function.gives_many:
        return source, "row"
    rows = ["select", selected(question.columns), f"from ({source}) as result", *composition.page(question)]
    return " ".join(rows), "row" if singular else "rows"
