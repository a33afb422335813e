"""Who is on which tier, what it allows, and who may know."""

import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, link
from tests.database.phone import phone, push, set_tier

MEGABYTE = 1_000_000


async def status(connection: asyncpg.Connection, owner: UUID | None = None) -> dict:
    return json.loads(await connection.fetchval("select public.srv_status($1)", owner))


async def test_the_tiers_and_their_storage(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch("select * from private.tiers where tier in ('free', 'pro', 'perfect')")
    assert {row["tier"]: row["storage_bytes"] for row in rows} == {
        "free": 100 * MEGABYTE,
        "pro": 1_000 * MEGABYTE,
        "perfect": 10_000 * MEGABYTE,
    }


async def test_who_has_no_row_is_on_the_free_tier(superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    for someone in (user_id, uuid4(), None):
        assert await superuser.fetchval("select private.tier_of($1)", someone) == "free"
    await set_tier(superuser, user_id, "pro")
    assert await superuser.fetchval("select private.tier_of($1)", user_id) == "pro"
    assert await superuser.fetchval("select private.quota_of($1)", user_id) == 1_000 * MEGABYTE


async def test_a_deleted_users_tier_goes(superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    await set_tier(superuser, user_id, "perfect")
    await superuser.execute("delete from auth.users where id = $1", user_id)
    assert not await superuser.fetchval("select count(*) from private.user_tiers where user_id = $1", user_id)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into private.tiers values ('none', 0)",
        "insert into private.tiers values ('less', -1)",
        "insert into private.user_tiers (user_id, tier) select id, 'gold' from auth.users limit 1",
        "insert into private.user_tiers (user_id, tier) values (gen_random_uuid(), 'pro')",
    ],
)
async def test_what_makes_no_sense_is_refused(superuser: asyncpg.Connection, statement: str) -> None:
    await add_user(superuser)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await superuser.execute(statement)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "medtime_service", "supabase_auth_admin"])
async def test_nobody_reads_or_changes_tiers(superuser: asyncpg.Connection, role: str) -> None:
    for table in ("private.tiers", "private.user_tiers", "private.identity_settings"):
        for right in ("select", "insert", "update", "delete", "truncate"):
            assert not await superuser.fetchval("select has_table_privilege($1, $2, $3)", role, table, right)
    for function in ("tier_of(uuid)", "quota_of(uuid)", "family_of(uuid)", "stored_bytes(uuid)"):
        assert not await superuser.fetchval(
            "select has_function_privilege($1, $2, 'execute')", role, f"private.{function}"
        )


async def test_status_tells_the_callers_own_tier_and_quota(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner, caregiver = await add_user(superuser), await add_user(superuser)
    await set_tier(superuser, owner, "pro")
    await link(superuser, caregiver, owner)
    async with phone(cluster, owner) as mine, phone(cluster, caregiver) as theirs:
        for found in (await status(mine), await status(mine, owner)):
            assert (found["tier"], found["quota_bytes"]) == ("pro", 1_000 * MEGABYTE)
        seen = await status(theirs, owner)
        assert (seen["owner"], seen["tier"], seen["quota_bytes"]) == (str(owner), None, None)
        assert (await status(theirs))["tier"] == "free"
        await set_tier(superuser, owner, "free")
        assert (await status(mine))["quota_bytes"] == 100 * MEGABYTE


@pytest.mark.parametrize("whose", ["own", "of an owner"])
async def test_status_tells_a_user_who_is_gone_so(
    cluster: StackInfo, superuser: asyncpg.Connection, whose: str
) -> None:
    user_id, owner = await add_user(superuser), await add_user(superuser)
    async with phone(cluster, user_id) as mine:
        await push(mine, "a", (uuid4(), 0, b"\x01\x01" + bytes(28)))
        await superuser.execute("delete from auth.users where id = $1", user_id)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await status(mine, None if whose == "own" else owner)
        assert (refused.value.sqlstate, refused.value.message) == ("MT401", "unknown-user")


@pytest.mark.parametrize("claims", ['{"role": "authenticated"}', ""])
async def test_status_without_a_user_is_refused(cluster: StackInfo, superuser: asyncpg.Connection, claims: str) -> None:
    async with phone(cluster, await add_user(superuser)) as mine:
        await mine.execute("select set_config('request.jwt.claims', $1, false)", claims)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await status(mine)
        assert (refused.value.sqlstate, refused.value.message) == ("MT401", "unknown-user")
