r"""Questions as SQL text: names quoted, words of SQL from fixed lists, every value a parameter.

The statements are PostgREST's in kind: the database itself reads the JSON of a body (json_to_recordset), and makes the
JSON of the answer. So values become what they would become there: bytea is `\x` and hex both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from medtime_backend.audit.quoting import identifier
from medtime_backend.local.rest.catalog import Function, Table
from medtime_backend.local.rest.questions import OPERATORS, TRUTHS, Column, Filter, Order, Question
from medtime_backend.local.rest.refusals import Refused

SHAPES = {
    "rows": "coalesce(json_agg(pgrst), '[]')",
    "row": "coalesce(json_agg(pgrst) -> 0, 'null')",
    "values": "coalesce(json_agg(pgrst.value), '[]')",
    "value": "coalesce(json_agg(pgrst.value) -> 0, 'null')",
}
"""What a body can be. The statement calls its source `pgrst`."""


@dataclass
class Composition:
    """A statement that grows. `bind` keeps a value and returns its placeholder."""

    values: list[object] = field(default_factory=list)

    def bind(self, value: object, kind: str = "text") -> str:
        """Return `$n` for the value, cast to a type that the catalog names."""
        self.values.append(value)
        return f"${len(self.values)}::text::{kind}"

    def rows(self, table: Table, question: Question) -> str:
        """The rows that are asked for."""
        return " ".join(
            [
                "select",
                selected(question.columns),
                "from",
                in_public(table.name),
                self.where(table, question.filters),
                *self.page(question),
            ]
        )

    def page(self, question: Question) -> Iterable[str]:
        """Order, limit and offset."""
        if question.order:
            yield "order by " + ", ".join(map(_sorted, question.order))
        yield f"limit {int(question.limit)} offset {int(question.offset)}"

    def insert(self, table: Table, names: Sequence[str], body: str, conflict: str, returning: str) -> str:
        """Insert the object or objects of a body; `conflict` is what `on_conflict` gives, or nothing."""
        source = self.body(table.columns, table.name, names, body, "json_to_recordset")
        listed = ", ".join(map(identifier, names))
        into = f"insert into {in_public(table.name)} ({listed})"
        return f"{into} select {listed} from {source} {conflict} returning {returning}"  # noqa: S608 - see above

    def update(self, table: Table, names: Sequence[str], body: str, filters: Sequence[Filter], returning: str) -> str:
        """Write the columns of a body's object into the rows that fit."""
        source = self.body(table.columns, table.name, names, body, "json_to_record")
        listed = ", ".join(f"{identifier(name)} = body.{identifier(name)}" for name in names)
        where = self.where(table, filters)
        return f"update {in_public(table.name)} set {listed} from {source} {where} returning {returning}"  # noqa: S608 - see above

    def delete(self, table: Table, filters: Sequence[Filter], returning: str) -> str:
        """Delete the rows that fit."""
        return f"delete from {in_public(table.name)} {self.where(table, filters)} returning {returning}"  # noqa: S608 - see above

    def call(self, function: Function, names: Sequence[str], body: str) -> str:
        """Call a function with the members of a body's object."""
        given = ", ".join(f"{identifier(name)} => body.{identifier(name)}" for name in names)
        call = f"{in_public(function.name)}({given})"
        result = f"lateral {call} as result" + ("" if function.gives_rows else "(value)")
        if not names:
            return f"select result.* from {result}"  # noqa: S608 - see above
        source = self.body(function.arguments, function.name, names, body, "json_to_record")
        return f"select result.* from {source}, {result}"  # noqa: S608 - see above

    def body(self, types: Mapping[str, str], owner: str, names: Sequence[str], text: str, reader: str) -> str:
        """The members of a body as columns of these types. Raises Refused for one that is unknown."""
        for name in names:
            if name not in types:
                message = f"Could not find the '{name}' column of '{owner}' in the schema cache"
                raise Refused(400, "PGRST204", message)
        columns = ", ".join(f"{identifier(name)} {types[name]}" for name in names)
        return f"{reader}({self.bind(text, 'json')}) as body ({columns})"

    def where(self, table: Table, filters: Sequence[Filter]) -> str:
        """All conditions, or nothing."""
        conditions = [self._condition(table, one) for one in filters]
        return f"where {' and '.join(conditions)}" if conditions else ""

    def _condition(self, table: Table, one: Filter) -> str:
        kind = table.columns.get(one.name)
        if kind is None:
            raise Refused(400, "42703", f"column {table.name}.{one.name} does not exist")
        column = f"{in_public(table.name)}.{identifier(one.name)}"
        if one.operator == "is":
            condition = f"{column} is {TRUTHS[one.values[0].lower()]}"
        elif one.operator == "in":
            listed = ", ".join(self.bind(value, kind) for value in one.values)
            condition = f"{column} in ({listed})" if listed else "false"
        else:
            condition = f"{column} {OPERATORS[one.operator]} {self.bind(one.values[0], kind)}"
        return f"not ({condition})" if one.negated else condition


def on_conflict(key: Sequence[str], names: Sequence[str], resolution: str) -> str:
    """What becomes of a row whose key is there already."""
    written = ", ".join(f"{identifier(name)} = excluded.{identifier(name)}" for name in names)
    way = f"do update set {written}" if resolution == "merge-duplicates" else "do nothing"
    return f"on conflict ({', '.join(map(identifier, key))}) {way}"


def in_public(name: str) -> str:
    """The name in the one schema that is exposed."""
    return f"public.{identifier(name)}"


def selected(columns: Sequence[Column], of: str = "") -> str:
    """The list of a SELECT or RETURNING; `of` is what the columns belong to."""
    return ", ".join(_selected(column, f"{of}." if of else "") for column in columns)


def _selected(column: Column, of: str) -> str:
    if column.name == "*":
        return f"{of}*"
    text = of + identifier(column.name) + (f"::{identifier(column.cast)}" if column.cast else "")
    return f"{text} as {identifier(column.alias or column.name)}"


def _sorted(order: Order) -> str:
    return f"{identifier(order.name)} {order.way} {order.nulls}".strip()


def as_json(source: str, shape: str) -> str:
    """The statement whose one row is the body of the answer, in one of SHAPES, and the number of rows in it."""
    return f"with pgrst as ({source}) select {SHAPES[shape]}::text as body, count(*) as rows from pgrst"  # noqa: S608 - see above
