"""What the rules on expressions look at: tables, policies, functions and views of a database, read once."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

import asyncpg
import msgspec

from medtime_backend.audit.declarations import Declarations, TableDeclaration
from medtime_backend.audit.rules.bodies import Body, Routine, View, read_body
from medtime_backend.audit.rules.syntax import asks
from medtime_backend.shipped_files import statements_in

T = TypeVar("T")
COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}


class Column(msgspec.Struct, frozen=True):
    """A column; `type` is that of its elements or under its domain, `bound` that a foreign key holds it to a list."""

    name: str
    type: str
    shown: str
    required: bool
    writable: bool
    bound: bool
    domain_checks: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """A table; `checks` are its CHECK expressions, `indexed` the columns that lead a whole, valid index."""

    oid: int
    name: str
    plain_name: str
    owner: int
    rls: bool
    forced: bool
    columns: tuple[Column, ...]
    checks: tuple[str, ...]
    indexed: frozenset[str]
    declaration: TableDeclaration | None = None

    @property
    def has_owners(self) -> bool:
        """Whether rows belong to users; taken for granted where nobody has declared it."""
        return self.declaration is None or bool(self.declaration.owners)

    @property
    def required(self) -> frozenset[str]:
        """The columns that cannot be null."""
        return frozenset(column.name for column in self.columns if column.required)


class Policy(msgspec.Struct, frozen=True):
    """A policy, a row of facts/policies.sql; `using` and `check` are as Postgres shows them, empty without one."""

    table: str
    name: str
    ident: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str
    check: str

    @property
    def object(self) -> str:
        """How findings name it."""
        return f"{self.table}.{self.ident}"

    @property
    def verb(self) -> str:
        """The command as a word."""
        return COMMANDS[self.command]

    @property
    def expressions(self) -> tuple[str, ...]:
        """What it says, USING first."""
        return tuple(text for text in (self.using, self.check) if text)

    @property
    def reproduction(self) -> str:
        """A statement that shows it."""
        name = self.name.replace("'", "''")
        # To be read, not run.
        return (
            "select pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy "  # noqa: S608 - to be read
            f"where polrelid = '{self.table}'::regclass and polname = '{name}';"
        )


class Facts(msgspec.Struct, frozen=True, dict=True):
    """All of it."""

    exposed: tuple[str, ...]
    tables: dict[str, Table]
    policies: tuple[Policy, ...]
    routines: tuple[Routine, ...]
    views: tuple[View, ...]

    @cached_property
    def bodies(self) -> dict[str, Body]:
        """The parsed body of each function, by its full name."""
        return {routine.name: read_body(routine) for routine in self.routines}

    @cached_property
    def by_plain_name(self) -> dict[str, Routine]:
        """The functions by schema.name, without their types."""
        return {routine.plain_name: routine for routine in self.routines}

    @cached_property
    def callers(self) -> frozenset[str]:
        """Our functions, as schema.name, that ask who is calling, also through another one."""
        called = [(one.plain_name, self.bodies[one.name].called) for one in self.routines]
        known: frozenset[str] = frozenset()
        while True:
            found = known | {name for name, names in called if asks(names, known)}
            if found == known:
                return known
            known = found


async def read_facts(
    connection: asyncpg.Connection, declarations: Declarations, schemas: list[str], exposed: list[str]
) -> Facts:
    """Read the catalog. The search_path must be pg_catalog alone, so that every name is shown with its schema."""
    tables = {}
    for row in await connection.fetch(fact_statement("tables"), schemas):
        columns = [msgspec.json.decode(column) for column in row["columns"]]
        table = msgspec.convert(dict(row) | {"columns": columns}, Table)
        tables[table.name] = msgspec.structs.replace(table, declaration=declarations.tables.get(table.plain_name))
    return Facts(
        exposed=tuple(exposed),
        tables=tables,
        policies=tuple(
            msgspec.convert(dict(zip(Policy.__struct_fields__, row, strict=True)), Policy)
            for row in await connection.fetch(fact_statement("policies"), schemas)
        ),
        routines=_all(await connection.fetch(fact_statement("routines"), schemas, exposed), Routine),
        views=_all(await connection.fetch(fact_statement("views"), schemas), View),
    )


fact_statement = statements_in("audit", "rules", "facts")
"""The text of rules/facts/<name>.sql."""


def _all(rows: list[asyncpg.Record], kind: type[T]) -> tuple[T, ...]:
    return tuple(msgspec.convert(dict(row), kind) for row in rows)
