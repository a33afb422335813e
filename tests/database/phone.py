"""A phone that calls Supabase directly: the role and claims that its REST layer sets, and nothing else."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import blob, claims_of

INSERT = """
insert into public.srv_encrypted_entities (id, entity_type, encrypted_blob, checksum, client_id, version, deleted_at)
values ($1, $2, $3, $4, $5, $6, $7) returning *
"""
UPDATE = """
update public.srv_encrypted_entities
set encrypted_blob = $2, checksum = $3, client_id = $4, version = $5, deleted_at = $6
where id = $1 returning *
"""
PUSH = "select * from public.srv_push($1, $2, $3, $4, $5, $6, $7)"


@asynccontextmanager
async def phone(cluster: StackInfo, user_id: UUID) -> AsyncIterator[asyncpg.Connection]:
    """A connection as `authenticated` with the user's claims, for the whole session."""
    connection = await asyncpg.connect(cluster.admin_database_url)
    try:
        await connection.execute("select set_config('request.jwt.claims', $1, false)", claims_of(user_id))
        await connection.execute("set role authenticated")
        yield connection
    finally:
        await connection.close()


async def insert(connection: asyncpg.Connection, id_: UUID | None = None, **given: Any) -> asyncpg.Record:
    """Insert one entity directly."""
    data = given.get("data", blob())
    return await connection.fetchrow(
        INSERT,
        id_ or uuid4(),
        given.get("entity_type", "note"),
        data,
        given.get("checksum", checksum_of(data)),
        given.get("device", "phone"),
        given.get("version", 1),
        given.get("deleted_at"),
    )


async def update(connection: asyncpg.Connection, id_: UUID, version: int, **given: Any) -> asyncpg.Record | None:
    """Update one entity directly, to this version."""
    data = given.get("data", blob())
    return await connection.fetchrow(
        UPDATE,
        id_,
        data,
        given.get("checksum", checksum_of(data)),
        given.get("device", "phone"),
        version,
        given.get("deleted_at"),
    )


async def push(connection: asyncpg.Connection, device: str, *items: tuple[UUID, int, bytes]) -> list[asyncpg.Record]:
    """Push (id, base version, blob) through the function; an empty blob is a deletion."""
    ids, bases, blobs = (list(column) for column in zip(*items, strict=True))
    checksums = [checksum_of(data) for data in blobs]
    return await connection.fetch(
        PUSH, device, ids, ["note"] * len(ids), bases, blobs, checksums, [not data for data in blobs]
    )


async def set_tier(superuser: asyncpg.Connection, user_id: UUID, tier: str, storage_bytes: int | None = None) -> None:
    """Give the user a tier; with a size, one of that name is made or changed first (for tests alone)."""
    if storage_bytes:
        await superuser.execute(
            "insert into private.tiers values ($1, $2) on conflict (tier) do update set storage_bytes = $2",
            tier,
            storage_bytes,
        )
    await superuser.execute(
        "insert into private.user_tiers values ($1, $2) on conflict (user_id) do update set tier = excluded.tier",
        user_id,
        tier,
    )


def facts(fault: asyncpg.PostgresError) -> dict[str, Any]:
    """The JSON detail of one of our problems."""
    return json.loads(fault.detail)
