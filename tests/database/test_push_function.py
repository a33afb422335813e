"""public.srv_push, as a phone calls it through Supabase's RPC."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.phone import PUSH, facts, phone, push, set_tier


async def conflict(connection: asyncpg.Connection, device: str, *items: tuple[UUID, int, bytes]) -> list[dict]:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await push(connection, device, *items)
    assert refused.value.sqlstate == "MT409"
    return facts(refused.value)["conflicts"]


async def test_every_reason_of_a_conflict(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        live, dead, missing = uuid4(), uuid4(), uuid4()
        await push(mine, "a", (live, 0, blob()), (dead, 0, blob()))
        await push(mine, "a", (live, 1, blob()), (dead, 1, b""))
        found = await conflict(
            mine, "b", (live, 0, blob()), (dead, 1, blob()), (missing, 3, blob()), (uuid4(), 0, blob())
        )
        assert [(one["id"], one["reason"]) for one in found] == [
            (str(live), "exists"),
            (str(dead), "deleted"),
            (str(missing), "unknown"),
        ]
        assert found[0]["server_version"] == 2
        assert found[0]["client_id"] == "a"
        assert found[1]["deleted"] is True
        assert [one["reason"] for one in await conflict(mine, "b", (live, 1, blob()))] == ["stale"]
        assert [one["reason"] for one in await conflict(mine, "b", (live, 9, blob()))] == ["ahead"]
        assert await mine.fetchval("select count(*) from public.srv_encrypted_entities") == 2
        assert (await push(mine, "b", (dead, 2, blob())))[0]["version"] == 3


async def test_a_retry_writes_nothing(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        kept, gone = uuid4(), uuid4()
        first = blob()
        await push(mine, "a", (gone, 0, blob()))
        once = await push(mine, "a", (kept, 0, first), (gone, 1, b""))
        before = await mine.fetch("select *, xmin from public.srv_encrypted_entities order by id")
        for _ in range(10):
            assert await push(mine, "a", (kept, 0, first), (gone, 1, b"")) == once
        assert await mine.fetch("select *, xmin from public.srv_encrypted_entities order by id") == before
        assert (await conflict(mine, "b", (kept, 0, first)))[0]["reason"] == "exists"
        mixed = await push(mine, "a", (kept, 0, first), (uuid4(), 0, blob()))
        assert [row["client_seq"] for row in mixed] == [2, 4]


async def test_a_conflict_anywhere_writes_nothing(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        taken = uuid4()
        await push(mine, "a", (taken, 0, blob()))
        await conflict(mine, "b", *[(uuid4(), 0, blob()) for _ in range(98)], (taken, 0, blob()))
        assert await mine.fetchval("select count(*) from public.srv_encrypted_entities") == 1
        assert await mine.fetchval("select count(*) from public.srv_sync_status") == 1


async def test_every_refused_entity_is_named(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        twice, typed = uuid4(), uuid4()
        await push(mine, "a", (typed, 0, blob()))
        with pytest.raises(asyncpg.PostgresError) as refused:
            await push(mine, "a", (twice, 0, blob()), (twice, 0, blob()), (uuid4(), -1, blob()), (uuid4(), 0, b"{}"))
        assert [one["reason"] for one in facts(refused.value)["entities"]] == [
            "duplicate-id",
            "duplicate-id",
            "malformed-precondition",
            "not-an-envelope",
        ]
        data = blob()
        with pytest.raises(asyncpg.PostgresError) as changed:
            await mine.fetch(PUSH, "a", [typed], ["other"], [1], [data], [checksum_of(data)], [False])
        assert facts(changed.value)["entities"] == [{"id": str(typed), "index": 0, "reason": "identity-changed"}]


@pytest.mark.parametrize(("device", "amount"), [("", 1), (None, 1), ("x" * 65, 1), ("a b", 1), ("a", 0), ("a", 101)])
async def test_a_malformed_push_is_refused(
    cluster: StackInfo, superuser: asyncpg.Connection, device: str | None, amount: int
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        ids = [uuid4() for _ in range(amount)]
        with pytest.raises(asyncpg.PostgresError) as refused:
            await mine.fetch(
                PUSH,
                device,
                ids,
                ["note"] * amount,
                [0] * amount,
                [blob()] * amount,
                ["0" * 64] * amount,
                [False] * amount,
            )
        assert refused.value.sqlstate == "MT400"
        with pytest.raises(asyncpg.PostgresError) as uneven:
            await mine.fetch(PUSH, "a", [uuid4(), uuid4()], ["note"], [0], [blob()], ["0" * 64], [False])
        assert uneven.value.sqlstate == "MT400"


async def test_of_two_hundred_racing_writers_one_wins_each_round(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """S31: two pushes with the same base, a hundred times in parallel; exactly one of them is stored."""
    user_id = await add_user(superuser)
    shared = uuid4()
    async with phone(cluster, user_id) as one, phone(cluster, user_id) as other:

        async def attempt(connection: asyncpg.Connection, device: str, base: int) -> bool:
            try:
                await push(connection, device, (shared, base, blob()))
            except asyncpg.PostgresError as fault:
                if fault.sqlstate != "MT409":
                    raise
                return False
            return True

        for base in range(100):
            won = await asyncio.gather(attempt(one, "a", base), attempt(other, "b", base))
            assert sum(won) == 1
        assert await one.fetchval("select version from public.srv_encrypted_entities") == 100


async def test_the_largest_push_commits(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """S45: what the limits allow, the database can commit: 100 entities of the largest size."""
    largest = b"\x01\x01" + bytes(1024 * 1024 - 2)
    owner = await add_user(superuser)
    await set_tier(superuser, owner, "pro")
    async with phone(cluster, owner) as mine:
        pushed = await push(mine, "a", *[(uuid4(), 0, largest) for _ in range(100)])
        assert len(pushed) == 100


async def test_a_129th_device_is_refused_and_the_others_go_on(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        for number in range(128):
            await push(mine, f"d{number}", (uuid4(), 0, blob()))
        with pytest.raises(asyncpg.PostgresError) as refused:
            await push(mine, "one-more", (uuid4(), 0, blob()))
        assert (refused.value.sqlstate, refused.value.message) == ("MT403", "too-many-devices")
        await push(mine, "d5", (uuid4(), 0, blob()))


async def test_a_65th_entity_type_is_refused(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    data = blob()
    async with phone(cluster, await add_user(superuser)) as mine:
        types = [f"t{number}" for number in range(64)]
        ids = [uuid4() for _ in types]
        await mine.fetch(PUSH, "a", ids, types, [0] * 64, [data] * 64, [checksum_of(data)] * 64, [False] * 64)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await mine.fetch(PUSH, "a", [uuid4()], ["t64"], [0], [data], [checksum_of(data)], [False])
        assert refused.value.message == "too-many-entity-types"


async def test_a_user_who_is_gone_is_told_so(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    async with phone(cluster, user_id) as mine:
        await push(mine, "a", (uuid4(), 0, blob()))
        await superuser.execute("delete from auth.users where id = $1", user_id)
        for table in ("srv_encrypted_entities", "srv_sync_status"):
            assert not await superuser.fetchval(f"select count(*) from public.{table} where user_id = $1", user_id)  # noqa: S608 - two fixed names
        with pytest.raises(asyncpg.PostgresError) as refused:
            await push(mine, "a", (uuid4(), 0, blob()))
        assert (refused.value.sqlstate, refused.value.message) == ("MT401", "unknown-user")


async def test_without_a_user_nothing_is_written(cluster: StackInfo) -> None:
    connection = await asyncpg.connect(cluster.admin_database_url)
    try:
        await connection.execute("set role authenticated")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await push(connection, "a", (uuid4(), 0, blob()))
        assert refused.value.sqlstate == "MT401"
    finally:
        await connection.close()


async def test_a_devices_counter_cannot_be_deleted(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    async with phone(cluster, user_id) as mine:
        await push(mine, "a", (uuid4(), 0, blob()))
    with pytest.raises(asyncpg.RaiseError):
        await superuser.execute("delete from public.srv_sync_status where user_id = $1", user_id)


async def test_devices_that_only_pull_take_no_place_from_those_that_write(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    user_id = await add_user(superuser)
    async with phone(cluster, user_id) as mine:
        for number in range(140):
            await mine.execute("select private.touch_device($1)", f"reader{number}")
        assert await mine.fetchval("select count(*) from public.srv_sync_status") == 128
        assert (await push(mine, "writer", (uuid4(), 0, blob())))[0]["sync_version"] == 1
        assert (await push(mine, "reader139", (uuid4(), 0, blob())))[0]["sync_version"] == 1
        status = await mine.fetch("select device_id from public.srv_sync_status order by last_sync_at limit 1")
        assert status[0]["device_id"] == "reader12"
