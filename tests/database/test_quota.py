"""The storage of a tier is a hard limit, on every way to write; nothing that frees storage is ever refused."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.phone import PUSH, facts, insert, phone, push, set_tier, update

QUOTA = 10_000


@pytest.fixture
async def owner(superuser: asyncpg.Connection) -> UUID:
    """A user who may store ten thousand bytes."""
    user_id = await add_user(superuser)
    await set_tier(superuser, user_id, "tiny", QUOTA)
    return user_id


async def used(superuser: asyncpg.Connection, owner: UUID) -> int:
    """What the totals say, which must be what is there."""
    kept = await superuser.fetchval("select private.stored_bytes($1)", owner)
    rows = "select coalesce(sum(octet_length(encrypted_blob)), 0) from public.srv_encrypted_entities where user_id = $1"
    assert kept == await superuser.fetchval(rows, owner)
    return int(kept)


def refused() -> pytest.RaisesExc[asyncpg.PostgresError]:
    return pytest.raises(asyncpg.PostgresError, match="quota-exceeded")


async def test_s44_a_push_over_the_quota_stores_nothing(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        kept = uuid4()
        await push(mine, "a", (kept, 0, blob(4_000)))
        state = "select (select jsonb_agg(o) from private.owners o where user_id = $1), jsonb_agg(s), now() is null"
        state += " from public.srv_sync_status as s where user_id = $1"
        before = await superuser.fetchrow(state, owner)
        for _ in range(3):
            with refused() as fault:
                await push(mine, "a", (uuid4(), 0, blob(3_000)), (kept, 1, blob(5_000)), (uuid4(), 0, blob(2_001)))
            assert fault.value.sqlstate == "MT403"
            # The growth of the whole push: what the client must free is needed + used - quota.
            assert facts(fault.value) == {"quota_bytes": QUOTA, "used_bytes": 4_000, "needed_bytes": 6_001}
        assert await used(superuser, owner) == 4_000
        assert await superuser.fetchrow(state, owner) == before
        assert [row["version"] for row in await push(mine, "a", (kept, 1, blob(4_000)))] == [2]


async def test_the_last_byte_of_the_quota_can_be_used(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        await push(mine, "a", (uuid4(), 0, blob(9_970)))
        with refused():
            await push(mine, "a", (uuid4(), 0, blob(31)))
        await push(mine, "a", (uuid4(), 0, blob(30)))
        assert await used(superuser, owner) == QUOTA
        with refused() as fault:
            await insert(mine, data=blob(30))
        assert facts(fault.value) == {"quota_bytes": QUOTA, "used_bytes": QUOTA, "needed_bytes": 30}


async def test_direct_writes_are_held_to_it(cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID) -> None:
    async with phone(cluster, owner) as mine:
        row = await insert(mine, data=blob(6_000))
        with refused() as fault:
            await insert(mine, data=blob(4_001), entity_type="other")
        assert (fault.value.sqlstate, facts(fault.value)["used_bytes"]) == ("MT403", 6_000)
        with refused() as fault:
            await update(mine, row["id"], 2, data=blob(10_001))
        assert facts(fault.value) == {"quota_bytes": QUOTA, "used_bytes": 6_000, "needed_bytes": 4_001}
        # Many rows and types in one statement: the sum decides.
        data = blob(1_500)
        with refused() as fault:
            await mine.execute(
                """
                insert into public.srv_encrypted_entities (id, entity_type, encrypted_blob, checksum, client_id)
                select gen_random_uuid(), 't' || n, $1, $2, 'phone' from generate_series(1, 3) as n
                """,
                data,
                checksum_of(data),
            )
        assert facts(fault.value)["needed_bytes"] == 4_500
        assert await used(superuser, owner) == 6_000


async def test_s49_tombstones_and_purged_rows_free_the_quota(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        gone = uuid4()
        for round_ in range(3):
            base = 2 * round_
            await push(mine, "a", (gone, base, blob(QUOTA)))
            with refused():
                await push(mine, "a", (uuid4(), 0, blob(30)))
            await push(mine, "a", (gone, base + 1, b""))
            assert await used(superuser, owner) == 0
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        assert not await superuser.fetchval(
            "select count(*) from public.srv_encrypted_entities where user_id = $1", owner
        )
        await push(mine, "a", (uuid4(), 0, blob(QUOTA)))


@pytest.mark.parametrize("first", ["deletion", "new"])
@pytest.mark.parametrize("types", ["one", "two"])
async def test_what_a_push_frees_is_there_for_what_it_adds(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID, first: str, types: str
) -> None:
    async with phone(cluster, owner) as mine:
        full, shrinks = uuid4(), uuid4()
        await push(mine, "a", (full, 0, blob(6_000)), (shrinks, 0, blob(4_000)))
        items = [(full, 1, b""), (shrinks, 1, blob(1_000)), (uuid4(), 0, blob(9_000))]
        items = items if first == "deletion" else items[::-1]
        kinds = ["note" if types == "one" or base else "other" for _, base, _ in items]
        await mine.fetch(
            PUSH,
            "a",
            [id_ for id_, _, _ in items],
            kinds,
            [base for _, base, _ in items],
            [data for _, _, data in items],
            [checksum_of(data) for _, _, data in items],
            [not data for _, _, data in items],
        )
        assert await used(superuser, owner) == QUOTA


async def test_types_that_shrink_and_grow_in_one_statement_are_one_sum(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        for name in ("a", "b", "c", "d"):
            await insert(mine, data=blob(8_000 if name == "b" else 500), entity_type=name)
        small, large = blob(500), blob(8_000)
        await mine.execute(
            """
            update public.srv_encrypted_entities set version = version + 1,
              encrypted_blob = case entity_type when 'b' then $1 when 'c' then $2 else encrypted_blob end,
              checksum = case entity_type when 'b' then $3 when 'c' then $4 else checksum end
            """,
            small,
            large,
            checksum_of(small),
            checksum_of(large),
        )
        assert await used(superuser, owner) == 9_500


async def test_over_the_quota_all_that_does_not_grow_is_allowed(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    """A move to a smaller tier takes nothing away: the account can be read, changed and emptied."""
    await set_tier(superuser, owner, "roomy", 3 * QUOTA)
    async with phone(cluster, owner) as mine:
        same, smaller, gone, direct = [uuid4() for _ in range(4)]
        await push(mine, "a", *[(id_, 0, blob(6_000)) for id_ in (same, smaller, gone, direct)])
        await set_tier(superuser, owner, "tiny")
        with refused() as fault:
            await push(mine, "a", (uuid4(), 0, blob(30)))
        assert facts(fault.value) == {"quota_bytes": QUOTA, "used_bytes": 24_000, "needed_bytes": 30}
        with refused():
            await push(mine, "a", (same, 1, blob(6_001)))
        await push(mine, "a", (same, 1, blob(6_000)), (smaller, 1, blob(5_999)))
        await push(mine, "a", (gone, 1, b""), (smaller, 2, blob(5_000)), (uuid4(), 0, blob(6_999)))
        assert await used(superuser, owner) == 23_999
        await update(mine, direct, 2, data=b"", deleted_at=datetime.now(UTC))
        await superuser.fetchval("select private.purge_tombstones(now() + interval '1 second')")
        assert await used(superuser, owner) == 17_999


async def test_s56_retries_change_nothing_at_a_full_account_too(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        items = [(uuid4(), 0, blob(4_000)), (uuid4(), 0, blob(6_000))]
        once = await push(mine, "a", *items)
        await set_tier(superuser, owner, "tinier", 1_000)
        before = await superuser.fetch("select *, xmin from public.srv_encrypted_entities where user_id = $1", owner)
        for _ in range(10):
            assert await push(mine, "a", *items) == once
        after = await superuser.fetch("select *, xmin from public.srv_encrypted_entities where user_id = $1", owner)
        assert after == before
        assert await used(superuser, owner) == QUOTA


@pytest.mark.parametrize("how", ["push", "direct", "both"])
async def test_of_two_writes_that_fit_alone_exactly_one_passes(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID, how: str
) -> None:
    async with phone(cluster, owner) as one, phone(cluster, owner) as other:

        async def attempt(connection: asyncpg.Connection, device: str, *, direct: bool) -> UUID | None:
            id_ = uuid4()
            try:
                if direct:
                    await insert(connection, id_, data=blob(6_000), device=device, entity_type=device)
                else:
                    await push(connection, device, (id_, 0, blob(6_000)))
            except asyncpg.PostgresError as fault:
                if fault.message != "quota-exceeded":
                    raise
                return None
            return id_

        for _ in range(15):
            stored = await asyncio.gather(
                attempt(one, "a", direct=how != "push"), attempt(other, "b", direct=how == "direct")
            )
            assert sum(id_ is not None for id_ in stored) == 1
            assert await used(superuser, owner) == 6_000
            await update(one, next(filter(None, stored)), 2, data=b"", deleted_at=datetime.now(UTC))


async def test_each_owner_has_their_own(cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID) -> None:
    other = await add_user(superuser)
    async with phone(cluster, owner) as mine, phone(cluster, other) as theirs:
        await push(theirs, "a", (uuid4(), 0, blob(50_000)))
        await push(mine, "a", (uuid4(), 0, blob(QUOTA)))
