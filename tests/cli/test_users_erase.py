"""`medtime users erase`, on a running stack: counts first, then nothing is left and no token is good any more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from redis.asyncio import Redis

from medtime_backend.local.options import StackInfo
from medtime_backend.services import erasure
from tests.accounts import Account, add_user, entity, link
from tests.cli.in_process import Answer, run
from tests.http.two_services import at, two_services

Erase = Callable[..., Awaitable[Answer]]


@pytest.fixture
def erase(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Erase:
    """Run `medtime users erase …` as the role postgres."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    monkeypatch.setenv("MEDTIME_REDIS_URL", stack.redis_url)
    return partial(run, "users", "erase")


@pytest.fixture
async def redis(stack: StackInfo) -> AsyncIterator[Any]:
    async with Redis.from_url(stack.redis_url, decode_responses=True) as connected:
        yield connected


def email(user_id: UUID) -> str:
    return f"{user_id}@test.medtime.app"


async def exists(admin: asyncpg.Connection, user_id: UUID) -> bool:
    return bool(await admin.fetchval("select exists (select from auth.users where id = $1)", user_id))


async def test_the_token_is_refused_by_all_instances_at_once(
    erase: Erase, stack: StackInfo, user: Account, admin: asyncpg.Connection, redis: Any
) -> None:
    async with two_services(stack) as (one, other), at(one, user) as here, at(other, user) as there:
        assert (await here.push("phone", entity())).status_code == 200
        assert (await there.pull("tablet")).status_code == 200
        answer = await erase(email(user.user_id), "--yes", "--json")
        assert answer.code == 0, answer.err
        for asked in (here, there):
            refused = await asked.pull("phone")
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (401, "unknown-user")
            assert (await asked.push("phone", entity())).status_code == 401
    assert (answer.json["erased"], answer.json["remarks"]) == (True, [])
    assert answer.json["rows"]["public.srv_encrypted_entities"] == 1
    assert not await exists(admin, user.user_id)
    # A generation and the counts of the limits are left, for two minutes.
    for key in [key async for key in redis.scan_iter(f"*{user.user_id}*")]:
        assert 0 < await redis.ttl(key) <= 120


async def test_what_would_go_is_shown_and_nothing_is_done(
    erase: Erase, user: Account, admin: asyncpg.Connection
) -> None:
    assert (await user.push("phone", entity(), entity())).status_code == 200
    shown = await erase(email(user.user_id), "--dry-run")
    assert shown.code == 0
    assert "srv_encrypted_entities  2" in shown.out
    assert (await erase(email(user.user_id), "--dry-run", "--json")).json["erased"] is False
    assert (await user.pull("phone")).status_code == 200
    assert await exists(admin, user.user_id)


async def test_nobody_to_ask_is_no_yes(erase: Erase, user: Account, admin: asyncpg.Connection) -> None:
    answer = await erase(email(user.user_id))
    assert answer.code == 1
    assert "add --yes" in answer.err
    assert await exists(admin, user.user_id)


async def test_a_second_time_says_that_nobody_is_there(erase: Erase, admin: asyncpg.Connection) -> None:
    user_id = await add_user(admin)
    assert (await erase(str(user_id), "--yes")).code == 0
    again = await erase(email(user_id), "--yes")
    assert (again.code, again.out) == (0, "")
    assert "There is no user" in again.err
    assert "Nothing was done" in again.err
    told = (await erase(str(uuid4()), "--yes", "--json")).json
    assert (told["erased"], told["user_id"], told["rows"]) == (False, None, {})


async def test_others_stay_as_they_are(
    erase: Erase, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    gone, caregiver = await account(), await account()
    await link(admin, caregiver.user_id, gone.user_id)
    assert (await caregiver.push("phone", entity())).status_code == 200
    assert (await erase(email(gone.user_id), "--yes")).code == 0
    assert len((await caregiver.pull_all("phone"))[0]) == 1
    assert (await caregiver.pull("phone", owner=str(gone.user_id))).status_code == 403


async def test_a_user_whom_auth_keeps_as_deleted_goes_by_id(erase: Erase, admin: asyncpg.Connection) -> None:
    user_id = await add_user(admin)
    await admin.execute("update auth.users set deleted_at = now() where id = $1", user_id)
    assert (await erase(str(user_id), "--yes")).code == 0
    assert not await exists(admin, user_id)


async def test_without_redis_it_says_what_that_means(
    erase: Erase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("", "redis://:secret@127.0.0.1:1/0"):
        monkeypatch.setenv("MEDTIME_REDIS_URL", url)
        answer = await erase(email(await add_user(admin)), "--yes")
        assert answer.code == 0
        assert "refused within a minute, not at once" in answer.err
        assert "secret" not in answer.err


async def test_ctrl_c_leaves_the_user_locked_out_and_says_how_to_go_on(
    erase: Erase, user: Account, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "erase", stopped)
        answer = await erase(email(user.user_id), "--yes")
    assert answer.code == 1
    assert "run it again to go on" in answer.err
    assert (await user.pull("phone")).json()["type"].rpartition("/")[2] == "banned-user"
    assert (await erase(email(user.user_id), "--yes")).code == 0
    assert not await exists(admin, user.user_id)


async def test_a_lost_connection_says_how_to_go_on(
    erase: Erase, user: Account, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(connection: asyncpg.Connection, *_: object) -> list[str]:
        await connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return []

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "erase", lost)
        answer = await erase(email(user.user_id), "--yes")
    assert (answer.code, "run it again to go on" in answer.err) == (1, True)
    assert (await erase(email(user.user_id), "--yes")).code == 0
    assert not await exists(admin, user.user_id)


async def test_the_service_role_may_not(erase: Erase, stack: StackInfo, user: Account) -> None:
    answer = await erase(email(user.user_id), "--yes", "--db-url", stack.service_database_url)
    assert answer.code == 1
    assert "This role may not do that" in answer.err


@pytest.mark.parametrize("address", ["nonsense", "https://redis.example:6379", "redis://", "redis://:secret@host:port"])
async def test_a_wrong_address_of_redis_is_told_before_anything_is_done(
    erase: Erase, admin: asyncpg.Connection, address: str
) -> None:
    user_id = await add_user(admin)
    answer = await erase(email(user_id), "--yes", "--redis-url", address)
    assert answer.code == 1
    assert answer.err.startswith("MEDTIME_REDIS_URL is no address of Redis")
    assert "secret" not in answer.err
    assert not await admin.fetchval("select banned_until is not null from auth.users where id = $1", user_id)


async def test_a_redis_that_is_away_is_a_remark(erase: Erase, admin: asyncpg.Connection) -> None:
    user_id = await add_user(admin)
    answer = await erase(email(user_id), "--yes", "--json", "--redis-url", "redis://:secret@127.0.0.1:1/0")
    assert (answer.code, answer.json["erased"]) == (0, True)
    assert "refused within a minute" in answer.json["remarks"][-1]
    assert "secret" not in answer.out + answer.err
    assert not await exists(admin, user_id)
