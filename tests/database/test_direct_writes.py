"""A phone that writes through Supabase's REST API is held to every invariant, on each Postgres."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.phone import facts, insert, phone, push, update

MIB = 1024 * 1024


async def test_the_server_gives_numbers_times_and_size(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    async with phone(cluster, user_id) as mine:
        first = await insert(mine, device="a")
        second = await insert(mine, device="a")
        other = await insert(mine, device="b")
        changed = await update(mine, first["id"], 2, device="a")
    assert (first["user_id"], first["version"], first["blob_size"]) == (user_id, 1, 64)
    assert [row["client_seq"] for row in (first, second, other, changed)] == [1, 2, 1, 3]
    times = [row["updated_at"] for row in (first, second, other, changed)]
    assert times == sorted(set(times))
    assert changed["created_at"] == first["created_at"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-an-envelope"),
        (b"\x01", "not-an-envelope"),
        (b'{"drug": "x", "dose": "much, much longer than an envelope"}', "not-an-envelope"),
        (b"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==", "not-an-envelope"),
        (b"\x02\x01" + bytes(40), "not-an-envelope"),
        (b"\x01\x03" + bytes(40), "not-an-envelope"),
        (b"\x01\x01" + bytes(27), "not-an-envelope"),
        (b"\x01\x02" + bytes(39), "not-an-envelope"),
        (b"\x01\x01" + bytes(MIB - 1), "blob-too-large"),
    ],
)
async def test_what_is_not_an_envelope_is_refused(
    cluster: StackInfo, superuser: asyncpg.Connection, data: bytes, reason: str
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await insert(mine, data=data)
        assert refused.value.sqlstate == "MT422"
        assert facts(refused.value)["entities"][0]["reason"] == reason
        assert data[:8].hex() not in str(refused.value.as_dict()) or len(data) < 2
        assert await mine.fetchval("select count(*) from public.srv_encrypted_entities") == 0


async def test_the_largest_and_the_smallest_envelopes_are_stored(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        for data in (b"\x01\x01" + bytes(28), b"\x01\x02" + bytes(40), b"\x01\x01" + bytes(MIB - 2)):
            stored = await insert(mine, data=data)
            assert (bytes(stored["encrypted_blob"]), stored["blob_size"]) == (data, len(data))


@pytest.mark.parametrize("checksum", ["0" * 64, checksum_of(b"x").upper(), "", None])
async def test_a_wrong_checksum_is_refused(
    cluster: StackInfo, superuser: asyncpg.Connection, checksum: str | None
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await insert(mine, data=blob(), checksum=checksum)
        assert facts(refused.value)["entities"][0]["reason"] == "checksum-mismatch"


async def test_a_version_grows_by_exactly_one(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        row = await insert(mine)
        for version in (1, 3, 0, -1):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await update(mine, row["id"], version)
            assert (refused.value.sqlstate, facts(refused.value)["conflicts"][0]["reason"]) == ("MT409", "stale")
        with pytest.raises(asyncpg.PostgresError):
            await insert(mine, version=2)
        assert (await update(mine, row["id"], 2))["version"] == 2


async def test_a_tombstone_is_empty_and_refuses_a_stale_write(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    async with phone(cluster, await add_user(superuser)) as mine:
        row = await insert(mine)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await update(mine, row["id"], 2, deleted_at=now)
        assert facts(refused.value)["entities"][0]["reason"] == "tombstone-not-empty"
        gone = await update(mine, row["id"], 2, data=b"", deleted_at=datetime(2001, 1, 1, tzinfo=UTC))
        assert gone["deleted_at"] == gone["updated_at"] >= now
        with pytest.raises(asyncpg.PostgresError):
            await update(mine, row["id"], 2)
        assert (await update(mine, row["id"], 3))["deleted_at"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "delete from public.srv_encrypted_entities",
        "truncate public.srv_encrypted_entities",
        "update public.srv_encrypted_entities set user_id = gen_random_uuid()",
        "update public.srv_encrypted_entities set id = gen_random_uuid()",
        "update public.srv_encrypted_entities set entity_type = 'other'",
        "update public.srv_encrypted_entities set updated_at = now()",
        "update public.srv_encrypted_entities set blob_size = 1",
        "insert into public.srv_sync_status (user_id, device_id) values (auth.uid(), 'x')",
        "update public.srv_sync_status set sync_version = 0",
        "update private.owners set changed_at = now()",
        "select reserved_by from private.owners",
        "update private.epoch set epoch = gen_random_uuid()",
        "insert into public.srv_family_links (supervisor_id, supervised_user_id) values (auth.uid(), auth.uid())",
        "select * from public.srv_push_devices",
        "select private.lock_owner(gen_random_uuid())",
        "select private.purge_tombstones(now())",
        "select private.renew_epoch()",
        "select private.become('{}')",
        "select * from auth.users",
    ],
)
async def test_a_user_has_no_right_to(cluster: StackInfo, superuser: asyncpg.Connection, statement: str) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        await insert(mine)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await mine.execute(statement)


async def test_nobody_writes_for_another(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner, stranger = await add_user(superuser), await add_user(superuser)
    async with phone(cluster, owner) as mine, phone(cluster, stranger) as theirs:
        row = await insert(mine)
        assert await update(theirs, row["id"], 2) is None
        data = blob()
        for id_ in (row["id"], uuid4()):
            # The same answer whether the id exists or not.
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await theirs.execute(
                    """
                    insert into public.srv_encrypted_entities
                      (id, user_id, entity_type, encrypted_blob, checksum, client_id)
                    values ($1, $2, 'note', $3, $4, 'phone')
                    """,
                    id_,
                    owner,
                    data,
                    checksum_of(data),
                )
        assert (await insert(theirs, row["id"]))["user_id"] == stranger
        assert await theirs.fetchval("select count(*) from public.srv_encrypted_entities") == 1


@pytest.mark.parametrize("claims", ['{"role": "authenticated"}', '{"sub": null}', ""])
async def test_claims_without_a_user_do_not_tell_who_exists(
    cluster: StackInfo, superuser: asyncpg.Connection, claims: str
) -> None:
    data = blob()
    async with phone(cluster, await add_user(superuser)) as mine:
        await mine.execute("select set_config('request.jwt.claims', $1, false)", claims)
        answers = []
        for user_id in (await add_user(superuser), uuid4(), None):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await mine.execute(
                    """
                    insert into public.srv_encrypted_entities
                      (id, user_id, entity_type, encrypted_blob, checksum, client_id)
                    values ($1, $2, 'note', $3, $4, 'phone')
                    """,
                    uuid4(),
                    user_id,
                    data,
                    checksum_of(data),
                )
            answers.append((refused.value.sqlstate, refused.value.message))
        # Two users, one who exists and one who does not: the same answer.
        assert answers[0] == answers[1]
        assert answers[0][0] == "42501"


async def test_many_direct_rows_in_one_statement_get_distinct_dots(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    data = blob()
    async with phone(cluster, await add_user(superuser)) as mine:
        rows = await mine.fetch(
            """
            insert into public.srv_encrypted_entities (id, entity_type, encrypted_blob, checksum, client_id)
            select gen_random_uuid(), 'note', $1, $2, 'phone' from generate_series(1, 30)
            returning client_seq, updated_at
            """,
            data,
            checksum_of(data),
        )
        more = await mine.fetch(
            "update public.srv_encrypted_entities set version = version + 1, client_id = 'tablet' returning client_seq"
        )
        assert sorted(row["client_seq"] for row in rows) == list(range(1, 31))
        assert len({row["updated_at"] for row in rows}) == 30
        assert sorted(row["client_seq"] for row in more) == list(range(1, 31))


async def test_a_direct_write_after_a_push_in_one_transaction(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with phone(cluster, await add_user(superuser)) as mine, mine.transaction():
        pushed = await push(mine, "phone", (uuid4(), 0, blob()), (uuid4(), 0, blob()))
        row = await insert(mine)
        again = await update(mine, pushed[0]["id"], 2)
    assert [row["client_seq"] for row in (*pushed, row, again)] == [1, 2, 3, 4]


async def test_a_users_own_types_run_nothing_as_the_owner(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """A domain in the caller's temporary schema must not stand in for a type of a definer function."""
    async with phone(cluster, await add_user(superuser)) as mine:
        await mine.execute(
            """
            create temp table seen (who text);
            grant all on seen to public;
            create function pg_temp.note(v pg_catalog.timestamptz) returns boolean language plpgsql as
              'begin insert into pg_temp.seen values (current_user); return true; end';
            create domain pg_temp.timestamptz as pg_catalog.timestamptz check (pg_temp.note(value));
            """
        )
        await mine.execute("select private.touch_device('phone')")
        await insert(mine)
        assert await mine.fetch("select * from seen where who <> 'authenticated'") == []
