"""The statements by which a persona is asked what it can do with a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from medtime_backend.audit.declarations import TableDeclaration
from medtime_backend.audit.inventory import Relation
from medtime_backend.audit.quoting import columns, identifier, literal, qualified
from medtime_backend.audit.seeding import OTHER_OWNER, Asker, columns_as_text

MOST_OWNERS = 10_000
"""How many different owners of rows one answer names."""
HAND_OVER = "hand over"
RETURNING = "insert returning"
ON_CONFLICT = "insert on conflict"
VERBS = ("select", "insert", RETURNING, ON_CONFLICT, "update", HAND_OVER, "delete", "truncate")
ASKED_COLUMNS = ("select", "insert", "update")


class Question(msgspec.Struct, frozen=True):
    """One statement for one cell.

    `verb` is the cell's. `column` is set where the statement asks for a column that is not declared. `row_class` is
    whose row an INSERT would add. `owners` says that the answer lists the owners of the rows.
    """

    verb: str
    sql: str
    watched: bool = True
    column: str = ""
    row_class: str = ""
    owners: bool = False


class Subject(msgspec.Struct, frozen=True):
    """A table as one persona sees it. `granted` maps a verb to the columns that its role has by declaration."""

    table: Relation
    declaration: TableDeclaration | None
    owners: tuple[str, ...]
    asker: Asker

    @property
    def name(self) -> str:
        """The table's name, quoted."""
        return qualified(self.table.name)

    def granted(self, verb: str) -> tuple[str, ...]:
        """The columns the persona's role has by declaration."""
        found = self.declaration.granted.get((self.asker.role, verb), ()) if self.declaration else ()
        return tuple(column for column in self.table.columns if column in found)

    def asked(self, verb: str) -> tuple[str, ...]:
        """The columns to ask for: those declared, or all where none is."""
        return self.granted(verb) or self.table.columns

    def writable(self, verb: str) -> tuple[str, ...]:
        """Those to ask for that can be given a value."""
        return tuple(column for column in self.asked(verb) if column not in self.table.generated)


def questions(subject: Subject) -> Iterator[Question]:
    """All questions about a table, in the order of VERBS and then by undeclared column."""
    yield _select(subject)
    yield from _inserts(subject)
    yield from _updates(subject)
    yield Question("delete", f"delete from {subject.name}")  # noqa: S608 - quoted
    yield Question("truncate", f"truncate {subject.name}")
    yield from _undeclared_columns(subject)


def _select(subject: Subject) -> Question:
    asked = subject.asked("select")
    # Whose the rows are can only be told by columns that may be read; others are counted as foreign.
    owners = all(owner in asked for owner in subject.owners)
    whose = columns(subject.owners) if owners else "''"
    rows = f"select {columns(asked)} from {subject.name}"  # noqa: S608 - quoted
    groups = f"select jsonb_build_array({whose}) as owners, count(*) as amount from ({rows}) as r group by 1"  # noqa: S608
    return Question(
        "select",
        f"select coalesce(jsonb_agg(jsonb_build_array(g.owners, g.amount)), '[]') "  # noqa: S608 - quoted
        f"from ({groups} limit {MOST_OWNERS}) as g",
        watched=False,
        owners=owners,
    )


def _inserts(subject: Subject) -> Iterator[Question]:
    asked = subject.writable("insert")
    for row_class, row in (*_rows(subject).items(), *_forged(subject)):
        # The same row again: whether policies let it in is decided before its key is found to be there.
        insert = (
            f"insert into {subject.name} ({columns(asked)}) "  # noqa: S608 - quoted
            f"select {columns(asked)} from jsonb_populate_record(null::{subject.name}, {literal(row)})"
        )
        yield Question("insert", insert, row_class=row_class)
        yield Question(RETURNING, f"{insert} returning {columns(subject.asked('select'))}", row_class=row_class)
        yield Question(ON_CONFLICT, f"{insert} on conflict {_on_conflict(subject)}", row_class=row_class)


def _on_conflict(subject: Subject) -> str:
    changed = [column for column in subject.writable("update") if column not in subject.table.key]
    if not subject.table.key or not changed:
        return "do nothing"
    first = identifier(changed[0])
    return f"({columns(subject.table.key)}) do update set {first} = excluded.{first}"


def _rows(subject: Subject) -> Mapping[str, str]:
    """One row of each class that can be told apart, as JSON."""
    seeds, name = subject.asker.seeds, subject.table.name
    found: dict[str, str] = {}
    if not subject.owners:
        return {"public": "{}"}
    for user in seeds.users:
        owner = (str(seeds.users[user]),)
        row_class = subject.asker.class_of(owner)
        if (name, user) in seeds.rows:
            found.setdefault(row_class, seeds.rows[name, user])
    return found


def _forged(subject: Subject) -> Iterator[tuple[str, str]]:
    """Rows that name the persona in one of several owner columns and somebody else in the others: a link to anybody."""
    row = subject.asker.seeds.rows.get((subject.table.name, subject.asker.persona.user))
    if row and len(subject.owners) > 1:
        mine, other = _users(subject)
        for owner in subject.owners:
            named = {column: mine if column == owner else other for column in subject.owners}
            yield "own", msgspec.json.encode(msgspec.json.decode(row) | named).decode()


def _updates(subject: Subject) -> Iterator[Question]:
    asked = subject.writable("update")
    if asked:
        # Each column by itself is not needed: a missing right to one of them refuses them all.
        same = ", ".join(f"{identifier(column)} = {identifier(column)}" for column in asked)
        yield Question("update", f"update {subject.name} set {same}")  # noqa: S608 - quoted
        yield _update_without_reading(subject, asked)
        # By owner too: one row that a policy refuses would hide that it lets others be written.
        for user_id in _users(subject):
            where = f"where {literal(user_id)} in ({columns_as_text(subject.owners)})"
            yield Question("update", f"update {subject.name} as t set {same} {where}")  # noqa: S608 - quoted
    for owner in subject.owners:
        for user_id in _users(subject):
            yield Question(
                HAND_OVER,
                f"update {subject.name} set {identifier(owner)} = {literal(user_id)}",  # noqa: S608 - quoted
            )


def _update_without_reading(subject: Subject, asked: tuple[str, ...]) -> Question:
    """UPDATE with a value alone: it needs no right to SELECT, and meets no policy for it."""
    column = identifier(next((one for one in asked if one not in subject.table.key), asked[0]))
    row = subject.asker.seeds.rows.get((subject.table.name, subject.asker.persona.user))
    value = f"(jsonb_populate_record(null::{subject.name}, {literal(row)})).{column}" if row else "default"
    return Question("update", f"update {subject.name} set {column} = {value}")  # noqa: S608 - quoted


def _users(subject: Subject) -> list[str]:
    """The persona itself and somebody else, where the table's rows belong to users."""
    if not subject.owners:
        return []
    users = subject.asker.seeds.users
    mine = [users[subject.asker.persona.user]] if subject.asker.persona.user else []
    return [str(user_id) for user_id in (*mine, users[OTHER_OWNER])]


def _undeclared_columns(subject: Subject) -> Iterator[Question]:
    for verb in ASKED_COLUMNS:
        granted = subject.granted(verb)
        for column in subject.table.columns:
            # Who writes a generated column is told so before the right to it is looked at.
            if column not in granted and (verb == "select" or column not in subject.table.generated):
                watched = verb != "select"
                yield Question(verb, _about_column(subject, verb, identifier(column)), watched=watched, column=column)


def _about_column(subject: Subject, verb: str, column: str) -> str:
    if verb == "select":
        rows = f"select {column} from {subject.name} limit 1"  # noqa: S608 - quoted
        return f"select coalesce(jsonb_agg('[]'::jsonb), '[]') from ({rows}) as r"  # noqa: S608 - quoted
    if verb == "insert":
        return f"insert into {subject.name} ({column}) values (default)"  # noqa: S608 - quoted
    return f"update {subject.name} set {column} = default"  # noqa: S608 - quoted
