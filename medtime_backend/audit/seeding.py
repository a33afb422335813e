"""Fills every declared table with a row of each user, inside the transaction that the audit rolls back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

from medtime_backend.audit.claims import address_of, claims_of
from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.findings import Unchecked
from medtime_backend.audit.inventory import Inventory, Relation, statement
from medtime_backend.audit.personas import PERSONAS, Persona
from medtime_backend.audit.quoting import identifier, literal, qualified

OTHER_OWNER: Final = "other owner"
"""An owner who shares with nobody but `caregiver elsewhere`: a foreigner to all other personas."""
MOST_SEEDED: Final = 100
"""Rows of a user that are read back: the owner has a link to each caregiver."""
MOST_OTHERS: Final = 10_000
"""Rows of a table that were there before, and whose places are noted."""
GUESSED_OWNER: Final = "user_id"
"""Whom a row of a table without a declaration is taken to belong to."""


class Seeds(msgspec.Struct, frozen=True):
    """What was seeded.

    `users` maps a name to its id. `rows` maps (table, user) to one row of that user as JSON. `marks` maps a user to
    texts that occur in this user's rows alone. `counts` tells how many rows a table holds, `owners` the columns that
    name whom a row belongs to.
    """

    users: Mapping[str, UUID]
    rows: Mapping[tuple[str, str], str]
    marks: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]
    owners: Mapping[str, tuple[str, ...]]
    unchecked: tuple[Unchecked, ...]

    def row_class(self, owners: tuple[str | None, ...], persona: Persona) -> str:
        """Whose a row with these owners is, to the persona: own, shared, foreign, or public without owners."""
        if not owners:
            return "public"
        if persona.user and str(self.users[persona.user]) in owners:
            return "own"
        sharing = {str(self.users[owner]) for owner, status in persona.links if status == "active"}
        return "shared" if sharing.intersection(owners) else "foreign"


class Asker(msgspec.Struct, frozen=True):
    """A persona at work: its claims as JSON, and the users and rows around it. `now` is in seconds since 1970."""

    persona: Persona
    claims: str
    seeds: Seeds
    now: int

    @property
    def role(self) -> str:
        """The database role."""
        return self.persona.role

    def class_of(self, owners: tuple[str | None, ...]) -> str:
        """Whose a row with these owners is."""
        return self.seeds.row_class(owners, self.persona)


async def seed(connection: asyncpg.Connection, declarations: Declarations, inventory: Inventory, now: int) -> Seeds:
    """Seed users, links and rows. A table that cannot be seeded is told as unchecked."""
    names = [persona.user for persona in PERSONAS if persona.user] + [OTHER_OWNER]
    users = {name: uuid4() for name in names}
    anonymous = {persona.user for persona in PERSONAS if persona.anonymous}
    for name, user_id in users.items():
        email = None if name in anonymous else address_of(name)
        await connection.execute(statement("add_user"), user_id, email, name in anonymous)
    for persona in PERSONAS:
        for owner, status in persona.links:
            await connection.execute(statement("add_link"), users[persona.user], users[owner], status)
    faults: dict[str, str] = {}
    for persona in (*(one for one in PERSONAS if one.user), Persona(OTHER_OWNER, "authenticated", OTHER_OWNER)):
        await connection.fetchval(statement("become_user"), claims_of(persona, users, now))
        faults |= await _add_samples(connection, declarations, users[persona.user], without=faults)
    await connection.fetchval(statement("become_user"), "{}")
    return await _look(connection, declarations, inventory, users, faults)


async def _add_samples(
    connection: asyncpg.Connection, declarations: Declarations, user_id: UUID, *, without: Collection[str]
) -> dict[str, str]:
    """A row of the user in each table; those that need a row of another come after it. Returns what was refused."""
    waiting = {table.name: table.sample for table in declarations.tables.values() if table.sample}
    waiting = {name: sample for name, sample in waiting.items() if name not in without}
    while waiting:
        refused = {name: await _try(connection, sample, user_id) for name, sample in waiting.items()}
        refused = {name: fault for name, fault in refused.items() if fault}
        if len(refused) == len(waiting):
            return refused
        waiting = {name: waiting[name] for name in refused}
    return {}


async def _try(connection: asyncpg.Connection, sample: str, user_id: UUID) -> str:
    try:
        async with connection.transaction():
            await connection.execute(sample, user_id)
    except asyncpg.PostgresError as error:
        return f"{error.sqlstate} {error}"
    return ""


async def _look(
    connection: asyncpg.Connection,
    declarations: Declarations,
    inventory: Inventory,
    users: Mapping[str, UUID],
    faults: Mapping[str, str],
) -> Seeds:
    rows: dict[tuple[str, str], str] = {}
    marks: dict[str, set[str]] = {name: {str(user_id), mark_of(user_id)} for name, user_id in users.items()}
    counts: dict[str, int] = {}
    owners: dict[str, tuple[str, ...]] = {}
    unchecked = [Unchecked(table, f"its sample row was refused: {fault}") for table, fault in faults.items()]
    for table in inventory.of_kind("table"):
        declared = declarations.tables.get(table.name)
        guessed = (GUESSED_OWNER,) if GUESSED_OWNER in table.columns else ()
        owners[table.name] = tuple(one for one in declared.owners if one in table.columns) if declared else guessed
        counts[table.name] = await _record(connection, table, owners[table.name], users.values())
        for name, user_id in users.items():
            found = await _rows_of(connection, table, owners[table.name], user_id)
            if found:
                rows[table.name, name] = found[0]
                marks[name] |= {mark for row in found for mark in _identifiers(row)}
        if declared and not counts[table.name] and table.name not in faults:
            unchecked.append(Unchecked(table.name, "it has no rows, so nobody can be seen to reach any"))
    # A link belongs to two users: what two have in common marks neither.
    own = {
        name: frozenset(found.difference(*(marks[other] for other in users if other != name)))
        | {str(users[name]), mark_of(users[name])}
        for name, found in marks.items()
    }
    return Seeds(users, rows, own, counts, owners, tuple(unchecked))


def mark_of(user_id: UUID) -> str:
    """A text that a sample row of this user can hold where only a name fits: `audit-` and 8 digits of the id."""
    return f"audit-{str(user_id)[:8]}"


async def _record(
    connection: asyncpg.Connection, table: Relation, owners: tuple[str, ...], users: Collection[UUID]
) -> int:
    """Note where rows are: all of the seeded users, and so many of others that a touched one would be among them."""
    seeded = " or ".join(f"t.{identifier(owner)}::text = any($1::text[])" for owner in owners) or "$1::text[] is null"
    rows = 0
    for which in (seeded, f"({seeded}) is not true limit {MOST_OTHERS}"):
        result = await connection.execute(
            f"insert into pg_temp.medtime_rows select {table.oid}, t.ctid, "  # noqa: S608 - quoted
            f"jsonb_build_array({columns_as_text(owners)}) from {qualified(table.name)} as t where {which}",
            [str(user_id) for user_id in users],
        )
        rows += int(result.rpartition(" ")[2])
    return rows


async def _rows_of(
    connection: asyncpg.Connection, table: Relation, owners: tuple[str, ...], user_id: UUID
) -> list[str]:
    if not owners:
        return []
    found = await connection.fetch(
        f"select to_jsonb(t)::text as row from {qualified(table.name)} as t "  # noqa: S608 - quoted
        f"where {literal(str(user_id))} in ({columns_as_text(owners)}) limit {MOST_SEEDED}"
    )
    return [row["row"] for row in found]


def columns_as_text(names: tuple[str, ...]) -> str:
    """A list of columns of `t`, as text."""
    return ", ".join(f"t.{identifier(name)}::text" for name in names)


def _identifiers(row: str) -> set[str]:
    found: dict[str, object] = msgspec.json.decode(row)
    return {value for value in found.values() if isinstance(value, str) and _is_identifier(value)}


def _is_identifier(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
