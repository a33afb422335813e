"""Signing out through the service: at once, at every instance, and only once Auth has done it (P34)."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import new_account
from tests.http.auth_person import Person, new_person
from tests.http.auth_relay import Relay, relay_to_twin
from tests.http.auth_twin import Answer
from tests.http.bearer import bearer
from tests.http.problems import CANARY, problem_of
from tests.http.two_services import two_services

pytestmark = pytest.mark.xdist_group("auth")


@pytest.fixture(scope="module")
async def services(stack: StackInfo) -> AsyncIterator[tuple[str, str]]:
    async with two_services(stack) as addresses:
        yield addresses


@pytest.fixture
async def person(stack: StackInfo, services: tuple[str, str], admin: asyncpg.Connection) -> AsyncIterator[Person]:
    async with new_person(services, admin, stack.auth_url) as made:
        yield made


SCOPES = {
    None: ([False, False], [False, False]),
    "global": ([False, False], [False, False]),
    "local": ([False, False], [True, True]),
    "others": ([True, True], [False, False]),
}


@pytest.mark.parametrize("scope", SCOPES, ids=str)
async def test_signed_out_is_refused_at_once_by_every_instance(person: Person, scope: str | None) -> None:
    phone, tablet = await person.sign_in(), await person.sign_in()
    assert await person.let_in(phone) == await person.let_in(tablet) == [True, True]
    out = await person.sign_out(phone, scope)
    assert (out.status_code, out.content) == (204, b"")
    assert (await person.let_in(phone), await person.let_in(tablet)) == SCOPES[scope]
    if scope != "others":
        problem_of(await person.sign_out(phone, scope), 401, "session-ended")
        refused = await person.grant("refresh_token", refresh_token=phone["refresh_token"])
        assert problem_of(refused, 400, "auth-refused")["code"] == "refresh_token_not_found"
    # Who has signed out may sign in again.
    assert await person.let_in(await person.sign_in()) == [True, True]


async def test_sign_out_under_load_lets_nobody_back_in(person: Person) -> None:
    """Readers that ask the database while the session ends must not note it as live again."""
    for _ in range(5):
        tokens = await person.sign_in()
        done = asyncio.Event()

        async def read(token: str = tokens["access_token"], over: asyncio.Event = done) -> None:
            number = 0
            while not over.is_set():
                number += 1
                await person.http.get(f"{person.services[number % 2]}/sync/status", headers=bearer(token))

        readers = [asyncio.create_task(read()) for _ in range(6)]
        await asyncio.sleep(0.05)
        assert (await person.sign_out(tokens, "local")).status_code == 204
        assert await person.let_in(tokens) == [False, False]
        done.set()
        await asyncio.gather(*readers)
        assert await person.let_in(tokens) == [False, False]


async def test_bad_sign_outs(person: Person) -> None:
    tokens = await person.sign_in()
    given = await person.sign_out(tokens, CANARY)
    assert problem_of(given, 400, "invalid-parameter")["parameters"] == ["scope"]
    assert CANARY not in given.text
    problem_of(await person.http.post(f"{person.services[0]}/auth/logout"), 401, "missing-token")
    answer = await person.http.post(f"{person.services[0]}/auth/logout?x=1", headers=bearer(tokens["access_token"]))
    problem_of(answer, 400, "invalid-parameter")
    assert await person.let_in(tokens) == [True, True]


@pytest.fixture(scope="module")
async def relay(stack: StackInfo) -> AsyncIterator[Relay]:
    async with relay_to_twin(stack) as made:
        yield made


FAILURES = {
    "down": (Answer(503, {"message": CANARY}), 503, "auth-unavailable"),
    "slow": (Answer(204, "", delay=60), 503, "auth-unavailable"),
    "a gateway's no": (Answer(401, {"message": "Invalid API key"}), 503, "auth-unavailable"),
    "full": (Answer(429, {"code": "over_request_rate_limit", "message": CANARY}), 429, "rate-limited"),
    "expired meanwhile": (Answer(403, {"code": "bad_jwt", "message": CANARY}), 400, "auth-refused"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_session_that_auth_has_not_ended_goes_on(
    relay: Relay, stack: StackInfo, admin: asyncpg.Connection, name: str
) -> None:
    answer, status, slug = FAILURES[name]
    relay.twin.says(answer)
    account = await new_account(stack, admin)
    given = await relay.http.post("/auth/logout", headers=bearer(account.token))
    problem_of(given, status, slug)
    assert CANARY not in given.text
    assert len(relay.twin.asked) == 1
    assert (await relay.http.get("/sync/status", headers=bearer(account.token))).status_code == 200
    await account.http.aclose()


@pytest.mark.parametrize("scope", ["global", "others"])
async def test_who_has_been_signed_out_cannot_sign_others_out(person: Person, scope: str) -> None:
    """The service has just seen the session live, and Auth has ended it since: to say 204 would be a lie."""
    phone, tablet = await person.sign_in(), await person.sign_in()
    assert await person.let_in(phone) == [True, True]
    await person.end_at_auth(phone)
    problem_of(await person.sign_out(phone, scope), 401, "session-ended")
    assert await person.let_in(phone) == [False, False]
    assert await person.let_in(tablet) == [True, True]


GONE = ("session_not_found", "session_expired", "user_not_found", "")


@pytest.mark.parametrize("code", GONE, ids=lambda code: code or "ended just now")
async def test_a_session_that_auth_has_ended_already_is_over(
    relay: Relay, stack: StackInfo, admin: asyncpg.Connection, code: str
) -> None:
    relay.twin.says(Answer(403, {"code": code, "message": CANARY}) if code else Answer(204, ""))
    account = await new_account(stack, admin)
    assert (await relay.http.get("/sync/status", headers=bearer(account.token))).status_code == 200
    # As Auth does; the service has just seen it live.
    await admin.execute("delete from auth.sessions where id = $1", account.session_id)
    parameters = {"scope": "local"}
    given = await relay.http.post("/auth/logout", params=parameters, headers=bearer(account.token))
    assert (given.status_code, given.content) == (204, b"")
    (asked,) = relay.twin.asked
    assert asked.line.startswith("POST /auth/v1/logout?scope=local ")
    assert asked.headers["authorization"] == f"Bearer {account.token}"
    assert asked.headers["apikey"] == "sb_publishable_x"
    problem_of(await relay.http.get("/sync/status", headers=bearer(account.token)), 401, "session-ended")
    await account.http.aclose()
