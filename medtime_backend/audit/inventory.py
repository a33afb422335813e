"""What there is to audit in a database: relations, functions, and the statements that read them from the catalog."""

from __future__ import annotations

from typing import Literal

import asyncpg
import msgspec

from medtime_backend.shipped_files import statements_in


class Relation(msgspec.Struct, frozen=True):
    """A table, view or sequence.

    `owned`: this session may act as its owner. `generated` columns take no value from a writer, those of an identity
    among them. `key` is the primary key.
    """

    oid: int
    name: str
    kind: Literal["table", "view", "sequence"]
    owned: bool
    columns: tuple[str, ...]
    generated: tuple[str, ...]
    key: tuple[str, ...]


class Function(msgspec.Struct, frozen=True):
    """A function; `name` is schema.name(type, …), `arguments` the types of its input arguments."""

    oid: int
    name: str
    short_name: str
    arguments: tuple[str, ...]
    returns_set: bool
    is_trigger: bool
    is_procedure: bool


class Inventory(msgspec.Struct, frozen=True):
    """All objects of the audited schemas, by name."""

    relations: tuple[Relation, ...]
    functions: tuple[Function, ...]

    def of_kind(self, kind: str) -> tuple[Relation, ...]:
        """The relations of one kind."""
        return tuple(relation for relation in self.relations if relation.kind == kind)


statement = statements_in("audit", "statements")
"""The text of audit/statements/<name>.sql."""


async def take_inventory(connection: asyncpg.Connection, schemas: tuple[str, ...]) -> Inventory:
    """Read the catalog; needs no rights on the objects."""
    relations = await connection.fetch(statement("relations"), list(schemas))
    functions = await connection.fetch(statement("functions"), list(schemas))
    return Inventory(
        relations=tuple(msgspec.convert(dict(row), Relation, strict=False) for row in relations),
        functions=tuple(msgspec.convert(dict(row), Function, strict=False) for row in functions),
    )
