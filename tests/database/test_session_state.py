"""private.session_state: what the service asks when a token is good but its session may be over."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_session, add_user

ASK = "select private.session_state($1, $2)"
SOON = timedelta(minutes=5)


@pytest.fixture
async def signed_in(superuser: asyncpg.Connection) -> tuple[UUID, UUID]:
    user_id = await add_user(superuser)
    return await add_session(superuser, user_id), user_id


async def test_a_session_lives_until_it_is_deleted(superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]) -> None:
    assert await superuser.fetchval(ASK, *signed_in) == "live"
    await superuser.execute("delete from auth.sessions where id = $1", signed_in[0])
    assert await superuser.fetchval(ASK, *signed_in) == "ended"


async def test_a_session_lives_until_its_time_is_over(
    superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]
) -> None:
    for not_after, state in ((datetime.now(UTC) + SOON, "live"), (datetime.now(UTC) - SOON, "ended")):
        await superuser.execute("update auth.sessions set not_after = $2 where id = $1", signed_in[0], not_after)
        assert await superuser.fetchval(ASK, *signed_in) == state


async def test_another_users_session_is_none(superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]) -> None:
    assert await superuser.fetchval(ASK, signed_in[0], await add_user(superuser)) == "ended"
    assert await superuser.fetchval(ASK, uuid4(), signed_in[1]) == "ended"
    assert await superuser.fetchval(ASK, None, signed_in[1]) == "ended"


async def test_a_user_who_is_gone(superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]) -> None:
    session_id, user_id = signed_in
    assert await superuser.fetchval(ASK, session_id, uuid4()) == "unknown-user"
    assert await superuser.fetchval(ASK, session_id, None) == "unknown-user"
    await superuser.execute("update auth.users set deleted_at = now() where id = $1", user_id)
    assert await superuser.fetchval(ASK, session_id, user_id) == "unknown-user"
    await superuser.execute("delete from auth.users where id = $1", user_id)
    assert await superuser.fetchval(ASK, session_id, user_id) == "unknown-user"


async def test_a_ban_is_told_while_it_lasts(superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]) -> None:
    for banned_until, state in ((datetime.now(UTC) + SOON, "banned"), (datetime.now(UTC) - SOON, "live")):
        await superuser.execute("update auth.users set banned_until = $2 where id = $1", signed_in[1], banned_until)
        assert await superuser.fetchval(ASK, *signed_in) == state
    await superuser.execute("update auth.users set banned_until = 'infinity' where id = $1", signed_in[1])
    assert await superuser.fetchval(ASK, uuid4(), signed_in[1]) == "banned"


async def test_the_service_alone_may_ask(
    cluster: StackInfo, superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]
) -> None:
    service = await asyncpg.connect(cluster.service_database_url)
    try:
        assert await service.fetchval(ASK, *signed_in) == "live"
    finally:
        await service.close()
    for role in ("anon", "authenticated", "service_role", "authenticator", "supabase_auth_admin"):
        assert not await superuser.fetchval(
            "select has_function_privilege($1, 'private.session_state(uuid, uuid)', 'execute')", role
        )


async def test_it_is_a_lookup_however_many_sessions_there_are(
    superuser: asyncpg.Connection, signed_in: tuple[UUID, UUID]
) -> None:
    await superuser.execute(
        "insert into auth.sessions (id, user_id) select gen_random_uuid(), $1 from generate_series(1, 20000)",
        signed_in[1],
    )
    await superuser.execute("analyze auth.sessions")
    await superuser.fetchval(ASK, *signed_in)
    plan = json.loads(await superuser.fetchval(f"explain (analyze, buffers, format json) {ASK}", *signed_in))
    assert plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] < 30
