"""A session that ended elsewhere is refused within its maximal age on every instance; one look at the database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account, add_session, new_account
from tests.http.problems import DEVICE, problem_of
from tests.http.two_services import at, two_services

pytestmark = pytest.mark.xdist_group("limits")

MAX_AGE = 2
SLACK = 1.0


@pytest.fixture(scope="module")
async def services(stack: StackInfo) -> AsyncIterator[tuple[str, str]]:
    """Two services that take a session as it was found for two seconds (45 by default)."""
    async with two_services(stack, session_max_age=str(MAX_AGE)) as addresses:
        yield addresses


ENDINGS = {
    "signed out at Auth": ("delete from auth.sessions where id = $1 and user_id = $2", 401, "session-ended"),
    "over": (
        "update auth.sessions set not_after = now() - interval '1 second' where id = $1 and user_id = $2",
        *(401, "session-ended"),
    ),
    "banned": (
        "update auth.users set banned_until = now() + interval '1 day' where $1::uuid is not null and id = $2",
        *(403, "banned-user"),
    ),
    "deleted": ("delete from auth.users where $1::uuid is not null and id = $2", 401, "unknown-user"),
    "deleted softly": (
        "update auth.users set deleted_at = now() where $1::uuid is not null and id = $2",
        *(401, "unknown-user"),
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_what_ended_elsewhere_is_refused_soon_everywhere(
    services: tuple[str, str], user: Account, admin: asyncpg.Connection, name: str
) -> None:
    ending, status, slug = ENDINGS[name]
    async with at(services[0], user) as first, at(services[1], user) as second:
        for there in (first, second):
            assert (await there.pull(DEVICE)).status_code == 200
        await admin.execute(ending, user.session_id, user.user_id)
        await asyncio.sleep(MAX_AGE + SLACK)
        for there in (first, second, first):
            answer = await there.pull(DEVICE)
            problem = problem_of(answer, status, slug)
            assert "sign in" in problem["detail"].lower() or slug == "banned-user"
            assert "Bearer" in answer.headers["www-authenticate"]


async def test_a_ban_that_is_lifted(services: tuple[str, str], user: Account, admin: asyncpg.Connection) -> None:
    await admin.execute("update auth.users set banned_until = now() + interval '1 day' where id = $1", user.user_id)
    async with at(services[0], user) as there:
        problem_of(await there.pull(DEVICE), 403, "banned-user")
        await admin.execute("update auth.users set banned_until = null where id = $1", user.user_id)
        await asyncio.sleep(MAX_AGE + SLACK)
        assert (await there.pull(DEVICE)).status_code == 200


async def test_a_session_that_never_was(
    services: tuple[str, str], user: Account, admin: asyncpg.Connection, stack: StackInfo
) -> None:
    other = await new_account(stack, admin)
    key = SigningKey.load(stack.signing_key)
    for session_id in (uuid4(), other.session_id):
        token = mint(key, TokenClaims(str(user.user_id), session_id=str(session_id)))
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
            for address in services:
                problem_of(await http.get(f"{address}/sync/status"), 401, "session-ended")
    await other.http.aclose()


async def test_a_session_is_read_from_the_database_once_for_all_instances(
    stack: StackInfo, user: Account, admin: asyncpg.Connection
) -> None:
    # With the age of the default: two seconds may be over before the second has asked.
    async with two_services(stack) as (one, other), at(one, user) as first, at(other, user) as second:
        assert (await first.pull(DEVICE)).status_code == 200
        await admin.execute("delete from auth.sessions where id = $1", user.session_id)
        # It is gone, but what the first instance found still holds for the second: nobody has looked again.
        assert (await second.pull(DEVICE)).status_code == 200


async def test_another_session_of_the_user_goes_on(
    services: tuple[str, str], user: Account, admin: asyncpg.Connection, stack: StackInfo
) -> None:
    tablet = await add_session(admin, user.user_id)
    token = mint(SigningKey.load(stack.signing_key), TokenClaims(str(user.user_id), session_id=str(tablet)))
    await admin.execute("delete from auth.sessions where id = $1", user.session_id)
    async with at(services[0], user) as there:
        problem_of(await there.pull(DEVICE), 401, "session-ended")
        answer = await there.http.get("/sync/status", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
