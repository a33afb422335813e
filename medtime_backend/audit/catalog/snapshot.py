"""A snapshot: everything of a database that decides who may do what and what is stored, as facts to compare."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec

from medtime_backend.audit.catalog.privileges import describe
from medtime_backend.shipped_files import statements_in

OUR_SCHEMAS: Final = ("public", "private")
SUPABASE_ROLES: Final = ("anon", "authenticated", "service_role", "authenticator")
OUR_ROLES: Final = ("medtime_service",)
QUERIES: Final = (
    *("schemas", "relations", "columns", "policies", "constraints", "indexes", "triggers", "rules", "functions"),
    *("types", "statistics", "default_privileges", "publications", "event_triggers"),
)
QUERIES_OF_ROLES: Final = ("roles", "memberships")

Facts = Mapping[str, Any]
"""Fact → value, a JSON value. `in` is the name of what the object is part of; `privileges` is as in `privileges.py`."""

Snapshot = Mapping[tuple[str, str], Facts]
"""(kind, name) → facts; the name as SQL writes it: qualified, quoted where it must be."""


async def snapshot(connection: asyncpg.Connection, schemas: Sequence[str] = OUR_SCHEMAS) -> Snapshot:
    """Read what is in `schemas`, and the roles, memberships, publications and event triggers that reach it.

    Reads pg_catalog only, in a read-only transaction or in the caller's, and needs no rights. The same schema gives the
    same on Postgres 15 to 18, except the text of views, which Postgres writes anew now and then. Object ids, comments,
    the order of columns and what belongs to extensions are left out.
    """
    async with _steady(connection):
        rows = [row for query in QUERIES for row in await connection.fetch(_query(query), list(schemas))]
        for query in QUERIES_OF_ROLES:
            rows += await connection.fetch(_query(query), list(SUPABASE_ROLES), list(OUR_ROLES))
        found = {
            (row["kind"], row["name"]): {"in": row["container"], **msgspec.json.decode(row["facts"])} for row in rows
        }
        for row in await connection.fetch(_query("privileges"), list(schemas)):
            # Privileges are read of more than is told of: rows of extensions, types of tables.
            if facts := found.get((row["kind"], row["name"])):
                facts.setdefault("privileges", {})[row["grantee"]] = describe(row["privileges"], row["grantable"])
    return found


@asynccontextmanager
async def _steady(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """One moment for all queries, and names that are qualified whatever the session's search path."""
    options = {} if connection.is_in_transaction() else {"isolation": "repeatable_read", "readonly": True}
    async with connection.transaction(**options):
        before = await connection.fetchval("select current_setting('search_path')")
        await _set_search_path(connection, "pg_catalog")
        yield
        await _set_search_path(connection, before)


async def _set_search_path(connection: asyncpg.Connection, path: str) -> None:
    await connection.execute("select pg_catalog.set_config('search_path', $1, true)", path)


_query = statements_in("audit", "catalog", "queries")
