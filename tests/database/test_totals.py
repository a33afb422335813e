"""Counts, bytes and digests are kept as entities change, never counted on request."""

import json
import random
from uuid import UUID, uuid4

import asyncpg

from medtime_backend.integrity import EMPTY_DIGEST, Digest
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.phone import insert, phone, push


async def recounted(superuser: asyncpg.Connection, owner: UUID) -> dict:
    """What the totals must be, counted from the rows by the definition of docs/protocol.md."""
    digest = Digest()
    found = {"entities": 0, "tombstones": 0, "bytes": 0}
    for row in await superuser.fetch("select * from public.srv_encrypted_entities where user_id = $1", owner):
        if row["deleted_at"]:
            found["tombstones"] += 1
            continue
        found["entities"] += 1
        found["bytes"] += row["blob_size"]
        digest.add(row["id"], row["version"], row["checksum"])
    return {**found, "digest": str(digest)}


async def kept(connection: asyncpg.Connection) -> dict:
    status = json.loads(await connection.fetchval("select public.srv_status(null, true)"))
    found = {name: status[name] for name in ("entities", "tombstones", "bytes")}
    return {**found, "digest": status["digests"].get("note", {"digest": EMPTY_DIGEST})["digest"]}


async def test_totals_follow_every_kind_of_write(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    choose = random.Random(20261125)  # noqa: S311 - a repeatable walk, no secret
    async with phone(cluster, owner) as mine:
        versions: dict[UUID, int] = {}
        for _ in range(60):
            items = []
            for id_ in choose.sample(sorted(versions), min(len(versions), choose.randrange(4))):
                data = b"" if choose.random() < 0.3 else blob(choose.randrange(30, 500))
                items.append((id_, versions[id_], data))
            items += [(uuid4(), 0, blob(choose.randrange(30, 500))) for _ in range(choose.randrange(1, 4))]
            for row in await push(mine, f"d{choose.randrange(3)}", *items):
                versions[row["id"]] = row["version"]
        row = await insert(mine)
        versions[row["id"]] = 1
        assert await kept(mine) == await recounted(superuser, owner)
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        after = await kept(mine)
        assert after == await recounted(superuser, owner)
        assert after["tombstones"] == 0


async def test_a_failed_push_leaves_the_totals(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        transaction = mine.transaction()
        await transaction.start()
        await push(mine, "a", (uuid4(), 0, blob()))
        await transaction.rollback()
        assert (await kept(mine))["entities"] == 0
        status = json.loads(await mine.fetchval("select public.srv_status()"))
        assert (status["devices"], status["clock"], status["digests"]) == ([], {}, None)
