"""Nothing a request does grows with the account: counted in pages of memory touched, not in seconds."""

import json
from uuid import UUID, uuid4

import asyncpg

from medtime_backend.integrity import checksum_of
from tests.accounts import add_user, blob, claims_of
from tests.database.phone import PUSH

PULL = "select * from public.srv_pull($1, (select epoch from private.epoch), $2::jsonb, null, 50, 8388608, $3, null)"
SMALL, LARGE = 500, 20_000


async def fill(superuser: asyncpg.Connection, owner: UUID, amount: int) -> None:
    """Fill an account through the same trigger that phones meet."""
    data = blob(30)
    await superuser.execute("select set_config('request.jwt.claims', $1, false)", claims_of(owner))
    await superuser.execute("select private.lock_owner($1)", owner)
    for start in range(0, amount, 500):
        async with superuser.transaction():
            await superuser.execute("select private.reserve_dots($1, 'filler', 500)", owner)
            await superuser.execute(
                """
                insert into public.srv_encrypted_entities
                  (id, user_id, entity_type, encrypted_blob, checksum, client_id, client_seq)
                select gen_random_uuid(), $1, case when n % 10 = 0 then 'rare' else 'note' end, $2, $3, 'filler', -n
                from generate_series(1, 500) as n
                """,
                owner,
                data,
                checksum_of(data),
            )
        assert start < amount


async def pages(connection: asyncpg.Connection, statement: str, *arguments: object) -> int:
    """Pages touched by a statement with all that its functions do, once their plans are made."""
    for _ in range(7):
        rolled_back = connection.transaction()
        await rolled_back.start()
        plan = await connection.fetchval(f"explain (analyze, buffers, format json) {statement}", *arguments)
        await rolled_back.rollback()
    found = json.loads(plan)[0]["Plan"]
    return int(found["Shared Hit Blocks"] + found["Shared Read Blocks"])


async def test_pushes_and_pulls_touch_as_much_in_a_large_account_as_in_a_small_one(
    superuser: asyncpg.Connection,
) -> None:
    small, large = await add_user(superuser), await add_user(superuser)
    # Most accounts are tiny, so that the statistics say nothing of the large one.
    for _ in range(300):
        await fill_one(superuser, await add_user(superuser))
    await superuser.execute("analyze public.srv_encrypted_entities")
    # Plans are made now, while the account is small, and kept.
    await fill(superuser, small, SMALL)
    figures: dict[str, list[int]] = {"push": [], "update": [], "first page": [], "last page": [], "one type": []}
    for owner, size in ((small, SMALL), (large, LARGE)):
        if owner == large:
            await fill(superuser, large, LARGE)
        await superuser.execute("select set_config('request.jwt.claims', $1, false)", claims_of(owner))
        data = blob()
        rows = await superuser.fetch(
            "select id, version from public.srv_encrypted_entities where user_id = $1 order by id limit 50", owner
        )
        checks = [checksum_of(data)] * 50
        await superuser.execute("set role authenticated")
        known = json.dumps({"filler": size - 50})
        figures["push"].append(
            await pages(
                superuser,
                PUSH,
                "p",
                [uuid4() for _ in range(50)],
                ["note"] * 50,
                [0] * 50,
                [data] * 50,
                checks,
                [False] * 50,
            )
        )
        figures["update"].append(
            await pages(
                superuser,
                PUSH,
                "p",
                [row["id"] for row in rows],
                await types(superuser, rows),
                [1] * 50,
                [data] * 50,
                checks,
                [False] * 50,
            )
        )
        figures["first page"].append(await pages(superuser, PULL, owner, "{}", None))
        figures["last page"].append(await pages(superuser, PULL, owner, known, None))
        figures["one type"].append(await pages(superuser, PULL, owner, "{}", "rare"))
        await superuser.execute("reset role")
    # An index of forty times the rows is a level or so deeper; a scan would be forty times as many pages.
    for name, (few, many) in figures.items():
        assert many < few * 2.5, (name, figures)


async def types(connection: asyncpg.Connection, rows: list[asyncpg.Record]) -> list[str]:
    found = await connection.fetch(
        "select id, entity_type from public.srv_encrypted_entities where id = any($1)", [row["id"] for row in rows]
    )
    by_id = {row["id"]: row["entity_type"] for row in found}
    return [by_id[row["id"]] for row in rows]


async def fill_one(superuser: asyncpg.Connection, owner: UUID) -> None:
    """An account of one entity."""
    data = blob(30)
    await superuser.execute("select set_config('request.jwt.claims', $1, false)", claims_of(owner))
    await superuser.execute(
        "insert into public.srv_encrypted_entities (id, user_id, entity_type, encrypted_blob, checksum, client_id)"
        " values (gen_random_uuid(), $1, 'note', $2, $3, 'only')",
        owner,
        data,
        checksum_of(data),
    )
