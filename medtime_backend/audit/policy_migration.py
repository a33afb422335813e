"""The migration that brings the rights of a database to what `policies/` declares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from medtime_backend.audit.catalog.alteration import alter
from medtime_backend.audit.catalog.privileges import Privileges, mend
from medtime_backend.audit.catalog.remedy import drop
from medtime_backend.audit.catalog.snapshot import Facts, Snapshot, snapshot
from medtime_backend.audit.declarations import DeclarationError, Declarations
from medtime_backend.audit.policy_steps import GUARDS, steps

GRANTED: Final = frozenset(
    {"schema", "table", "view", "materialized view", "foreign table", "sequence", "function", "procedure", "aggregate"}
)
# What Supabase itself grants on the schema public, which no migration of ours has to grant.
PLATFORM_USAGE: Final = ("public", "anon", "authenticated", "service_role", "postgres")


async def plan(connection: asyncpg.Connection, declarations: Declarations) -> str | None:
    """The SQL that gives a database with all migrations the declared rights; None if it has them.

    Rights are policies, row-level security and privileges (types apart). `connection` is `postgres` of a database that
    may be tried on; everything is rolled back. The SQL has been tried and gives exactly what is declared. Raises
    DeclarationError for a statement that cannot be run, and for a table without a file.
    """
    schemas = sorted(declarations.schemas)
    async with _rolled_back(connection):
        before = _rights(await snapshot(connection, schemas))
        if undeclared := sorted({name for kind, name in before if kind == "table"} - declarations.tables.keys()):
            raise DeclarationError(f"{declarations.directory} has no file for the table {undeclared[0]}.")
        await connection.execute("\n".join(_strip(before)))
        await _declare(connection, declarations)
        declared = _rights(await snapshot(connection, schemas))
    if before == declared:
        return None
    sql = "\n".join(steps(before, declared, declarations)) + "\n"
    async with _rolled_back(connection):
        await connection.execute(sql)
        if left := differing(_rights(await snapshot(connection, schemas)), declared):
            raise DeclarationError(f"No migration was found that gives the declared rights of {left[0]}.")
    return sql


def differing(one: Snapshot, other: Snapshot) -> list[str]:
    """The objects, `kind name`, of which two snapshots say something else."""
    return [
        f"{kind} {name}" for kind, name in sorted({*one, *other}) if one.get((kind, name)) != other.get((kind, name))
    ]


@asynccontextmanager
async def _rolled_back(connection: asyncpg.Connection) -> AsyncIterator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


def _rights(found: Snapshot) -> dict[tuple[str, str], Facts]:
    """Only what policies/ speaks of."""
    rights: dict[tuple[str, str], Facts] = {}
    for (kind, name), facts in found.items():
        if kind in {"policy", "default privileges"}:
            rights[kind, name] = facts
        elif kind in GRANTED or (kind == "column" and "privileges" in facts):
            kept = ("in", "owner", "privileges", *GUARDS)
            rights[kind, name] = {fact: value for fact, value in facts.items() if fact in kept}
    return rights


def _strip(rights: Snapshot) -> Iterator[str]:
    """Statements that leave no rights to anybody but the owners."""
    for (kind, name), facts in rights.items():
        if kind == "policy":
            yield from drop(kind, name, facts)
            continue
        if kind == "table":
            yield from alter(kind, name, {**facts, **dict.fromkeys(GUARDS, False)}, facts) or ()
        held = facts.get("privileges", {})
        yield from mend(kind, name, facts, held, _kept(kind, name, facts, held))


def _kept(kind: str, name: str, facts: Facts, held: Privileges) -> Privileges:
    platform = PLATFORM_USAGE if (kind, name) == ("schema", "public") else ()
    kept = {grantee: "USAGE" for grantee in platform if grantee in held}
    return kept | {grantee: held[grantee] for grantee in held if grantee == facts.get("owner", facts.get("of"))}


async def _declare(connection: asyncpg.Connection, declarations: Declarations) -> None:
    tables = [(table.path.name, table.statements) for table in declarations.tables.values()]
    for source, statements in [*declarations.statements.items(), *tables]:
        for statement in statements:
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError as error:
                raise DeclarationError(
                    f"{source} of {declarations.directory} does not fit the migrations: {error.message}.",
                    details=tuple(statement.splitlines()[-5:]),
                ) from error
