"""public.srv_pull: order, clocks, horizon, epoch and access, on each Postgres."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob, link
from tests.database.phone import facts, phone, push

PULL = "select * from public.srv_pull($1, $2, $3::jsonb, $4, $5, $6, $7, $8)"
MIB = 1024 * 1024


async def pull(  # noqa: PLR0913, PLR0917 - the function's parameters
    connection: asyncpg.Connection,
    owner: UUID,
    page: dict[str, Any] | None = None,
    limit: int = 50,
    most_bytes: int = 8 * MIB,
    only_type: str | None = None,
    since: datetime | None = None,
) -> tuple[list[asyncpg.Record], dict[str, Any]]:
    """The rows of a page, and what to pass for the next."""
    page = page or {}
    rows = await connection.fetch(
        PULL,
        owner,
        page.get("epoch"),
        json.dumps(page["clock"]) if "clock" in page else None,
        page.get("purges"),
        limit,
        most_bytes,
        only_type,
        since,
    )
    after = json.loads(rows[-1]["page"])
    if after["has_more"]:
        for row in rows[:-1]:
            after["clock"][row["client_id"]] = max(after["clock"].get(row["client_id"], 0), row["client_seq"])
    return rows[:-1], after


async def everything(connection: asyncpg.Connection, owner: UUID, **options: Any) -> list[list[asyncpg.Record]]:
    """All pages from the beginning."""
    pages, after = [], None
    for _ in range(1000):
        rows, after = await pull(connection, owner, after, **options)
        pages.append(rows)
        if not after["has_more"]:
            return pages
    raise AssertionError("the pull does not end")


async def test_pages_hold_all_in_order_whatever_their_size(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        for number in range(39):
            await push(mine, f"d{number % 3}", *[(uuid4(), 0, blob()) for _ in range(3)])
        for limit in (1, 7, 30, 100):
            rows = [row for page in await everything(mine, owner, limit=limit) for row in page]
            assert len({row["id"] for row in rows}) == len(rows) == 117
            assert [row["updated_at"] for row in rows] == sorted(row["updated_at"] for row in rows)
            for device in ("d0", "d1", "d2"):
                assert [row["client_seq"] for row in rows if row["client_id"] == device] == list(range(1, 40))


async def test_a_page_is_cut_at_its_bytes_but_always_advances(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        for _ in range(5):
            await push(mine, "a", (uuid4(), 0, b"\x01\x01" + bytes(998)))
        assert [len(page) for page in await everything(mine, owner, most_bytes=1)] == [1] * 5
        assert [len(page) for page in await everything(mine, owner, most_bytes=2000)] == [2, 2, 1]
        assert [len(page) for page in await everything(mine, owner, most_bytes=5000)] == [5]


async def test_a_pull_of_one_type_is_complete(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        for _ in range(5):
            await push(mine, "a", (uuid4(), 0, blob()))
        rows, after = await pull(mine, owner, only_type="other")
        assert (rows, after["has_more"], after["clock"]) == ([], False, {"a": 5})
        rows, after = await pull(mine, owner, only_type="note", limit=2)
        assert (len(rows), after["has_more"]) == (2, True)


async def test_a_write_that_commits_late_is_never_skipped(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """S1, S5: a transaction is held open, another device waits for it, and the pull misses neither."""
    owner = await add_user(superuser)
    async with phone(cluster, owner) as early, phone(cluster, owner) as late, phone(cluster, owner) as reader:
        held = early.transaction()
        await held.start()
        await push(early, "a", (uuid4(), 0, blob()))
        rows, after = await pull(reader, owner)
        assert rows == []
        # The second writer waits for the first: no number can be given out of commit order.
        await late.execute("set lock_timeout = '100ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await push(late, "b", (uuid4(), 0, blob()))
        await held.commit()
        await push(late, "b", (uuid4(), 0, blob()))
        rows, after = await pull(reader, owner, after)
        assert [row["client_id"] for row in rows] == ["a", "b"]


async def test_the_time_before_which_all_is_known(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        for number in range(30):
            await push(mine, f"d{number % 4}", (uuid4(), 0, blob()), (uuid4(), 0, blob()))
        # Overwritten dots leave holes; the search must not fall into them.
        taken = await mine.fetch("select id, version from public.srv_encrypted_entities order by updated_at limit 20")
        await push(mine, "d0", *[(row["id"], 1, blob()) for row in taken])
        rows = [row for page in await everything(mine, owner) for row in page]
        for place in (0, 1, 17, 39, 58, 59):
            moment = rows[place]["updated_at"]
            found, _ = await pull(mine, owner, since=moment, limit=100)
            assert [row["id"] for row in found] == [row["id"] for row in rows[place + 1 :]]
        before, _ = await pull(mine, owner, since=datetime(2001, 1, 1, tzinfo=UTC), limit=100)
        after, _ = await pull(mine, owner, since=datetime.now(UTC) + timedelta(days=1))
        assert (len(before), len(after)) == (60, 0)


async def test_a_clock_of_another_epoch_starts_over(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        await push(mine, "a", (uuid4(), 0, blob()))
        _, after = await pull(mine, owner)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await pull(mine, owner, {**after, "epoch": uuid4()})
        assert (refused.value.sqlstate, facts(refused.value)) == ("MT410", {"reason": "epoch"})


async def test_a_clock_that_missed_a_purged_deletion_starts_over(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """S50, S51: the horizon of the purge is the horizon of the pull."""
    owner = await add_user(superuser)
    gone, kept = uuid4(), uuid4()
    async with phone(cluster, owner) as mine:
        await push(mine, "a", (gone, 0, blob()), (kept, 0, blob()))
        _, before = await pull(mine, owner)
        await push(mine, "b", (gone, 1, b""))
        _, knows = await pull(mine, owner)
        assert await superuser.fetchval("select private.purge_tombstones(now() - interval '30 days')") == 0
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        assert await mine.fetchval("select count(*) from public.srv_encrypted_entities") == 1
        with pytest.raises(asyncpg.PostgresError) as refused:
            await pull(mine, owner, before)
        assert facts(refused.value) == {"reason": "purged"}
        assert await pull(mine, owner, knows) == ([], knows)
        with pytest.raises(asyncpg.PostgresError) as old:
            await pull(mine, owner, since=datetime(2001, 1, 1, tzinfo=UTC))
        assert facts(old.value) == {"reason": "purged"}
        # A moment after the purged deletion has missed nothing.
        rows, after = await pull(mine, owner, since=datetime.now(UTC) + timedelta(seconds=5))
        assert (rows, after["clock"]) == ([], {"a": 2, "b": 1})
        rows, fresh = await pull(mine, owner)
        assert ([row["id"] for row in rows], fresh["clock"]) == ([kept], {"a": 2, "b": 1})
        with pytest.raises(asyncpg.PostgresError) as unknown:
            await push(mine, "a", (gone, 1, blob()))
        assert facts(unknown.value)["conflicts"][0]["reason"] == "unknown"


async def test_a_first_pull_goes_on_over_an_old_horizon_but_not_over_a_new_purge(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        items = [(uuid4(), 0, blob()) for _ in range(6)]
        await push(mine, "a", *items)
        await push(mine, "b", (items[0][0], 1, b""))
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        assert [len(page) for page in await everything(mine, owner, limit=2)] == [2, 2, 1]
        _, partial = await pull(mine, owner, limit=2)
        await push(mine, "b", (items[1][0], 1, b""))
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await pull(mine, owner, partial)
        assert facts(refused.value) == {"reason": "purged"}


async def test_a_caregiver_reads_from_the_grant_to_the_revocation(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """S12: a late grant brings the whole history; a revocation ends even a running pull."""
    owner, caregiver = await add_user(superuser), await add_user(superuser)
    async with phone(cluster, owner) as mine, phone(cluster, caregiver) as theirs:
        await push(mine, "a", *[(uuid4(), 0, blob()) for _ in range(10)])
        for status in (None, "pending", "revoked"):
            if status:
                await link(superuser, caregiver, owner, status)
            with pytest.raises(asyncpg.PostgresError) as refused:
                await pull(theirs, owner)
            assert refused.value.sqlstate == "MT403"
            assert await theirs.fetchval("select count(*) from public.srv_encrypted_entities") == 0
        await link(superuser, caregiver, owner)
        rows, after = await pull(theirs, owner, limit=5)
        assert (len(rows), after["has_more"]) == (5, True)
        id_ = rows[0]["id"]
        with pytest.raises(asyncpg.PostgresError) as denied:
            await push(theirs, "theirs", (id_, 1, blob()))
        assert facts(denied.value)["conflicts"][0]["reason"] == "unknown"
        assert (await theirs.execute("update public.srv_encrypted_entities set version = version + 1")) == "UPDATE 0"
        await link(superuser, caregiver, owner, "revoked")
        with pytest.raises(asyncpg.PostgresError):
            await pull(theirs, owner, after)


async def test_a_caregiver_of_two_hundred_owners_reads_each(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """S36."""
    caregiver = await add_user(superuser)
    owners = [await add_user(superuser) for _ in range(200)]
    for owner in owners:
        await link(superuser, caregiver, owner)
    async with phone(cluster, owners[137]) as mine:
        await push(mine, "a", (uuid4(), 0, blob()))
    async with phone(cluster, caregiver) as theirs:
        status = json.loads(await theirs.fetchval("select public.srv_status()"))
        assert set(status["owners"]) == {str(owner) for owner in owners}
        assert len((await pull(theirs, owners[137]))[0]) == 1


async def test_a_huge_limit_is_held_to_the_page(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    async with phone(cluster, owner) as mine:
        await push(mine, "a", *[(uuid4(), 0, blob()) for _ in range(100)])
        await push(mine, "a", (uuid4(), 0, blob()))
        rows, after = await pull(mine, owner, limit=10**9, most_bytes=10**15)
        assert (len(rows), after["has_more"]) == (100, True)
        assert len((await pull(mine, owner, limit=-1))[0]) == 1
