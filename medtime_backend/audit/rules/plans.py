"""What Postgres says to EXPLAIN as a role: whether policies recurse, and whether they filter at all. Nothing is run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import msgspec

from medtime_backend.audit.rules.facts import Facts, Table, fact_statement

ROLES: Final = ("authenticated", "anon")
FILTERS: Final = ("Filter", "Index Cond", "Recheck Cond", "One-Time Filter", "Hash Cond", "TID Cond", "Join Filter")


class Probe(msgspec.Struct, frozen=True):
    """The answer for one role and command: refused as recursive, or whether some node of the plan filters."""

    role: str
    verb: str
    recursive: bool
    filters: bool
    reproduction: str


async def read_plans(connection: asyncpg.Connection, facts: Facts) -> dict[str, tuple[Probe, ...]]:
    """The answers for each table that has policies."""
    guarded = {policy.table for policy in facts.policies} & set(facts.tables)
    return {name: tuple([one async for one in _probes(connection, facts.tables[name])]) for name in sorted(guarded)}


async def _probes(connection: asyncpg.Connection, table: Table) -> AsyncIterator[Probe]:
    # Roles this session may not become, and plans that fail for another reason, are left out: they prove nothing.
    for row in await connection.fetch(fact_statement("explained"), table.oid, list(ROLES)):
        savepoint = connection.transaction()
        await savepoint.start()
        try:
            await connection.execute("select set_config('role', $1, true)", row["role"])
            plan = json.loads(await connection.fetchval(row["statement"]))
            yield Probe(row["role"], row["verb"], recursive=False, filters=_filters(plan), reproduction=_shown(row))
        except asyncpg.InvalidObjectDefinitionError:
            yield Probe(row["role"], row["verb"], recursive=True, filters=True, reproduction=_shown(row))
        except asyncpg.PostgresError:
            continue
        finally:
            await savepoint.rollback()


def _filters(plan: Any) -> bool:
    if isinstance(plan, list):
        return any(map(_filters, plan))
    if isinstance(plan, dict):
        return any(key in plan for key in FILTERS) or any(map(_filters, plan.values()))
    return False


def _shown(row: asyncpg.Record) -> str:
    return f"set role {row['role']}; {row['statement']};"
