"""Signing in and refreshing through the service, at the stack's own auth server (S39, S40)."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import entity
from tests.http.auth_person import PASSWORD, Person, new_person
from tests.http.bearer import bearer
from tests.http.problems import CANARY, DEVICE, logs_of, problem_of
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


async def test_sign_in_sync_refresh_sync(person: Person) -> None:
    first = await person.sign_in()
    assert (first["token_type"], first["user"]["id"]) == ("bearer", person.user_id)
    assert await person.let_in(first) == [True, True]
    refreshed = await person.grant("refresh_token", refresh_token=first["refresh_token"])
    assert refreshed.status_code == 200
    assert refreshed.json()["refresh_token"] != first["refresh_token"]
    assert await person.let_in(refreshed.json()) == [True, True]


async def test_a_wrong_password_and_nobody_look_the_same(person: Person) -> None:
    wrong = await person.grant("password", email=person.email, password="wrong-password")
    nobody = await person.grant("password", email="nobody@test.medtime.app", password=PASSWORD)
    problems = [problem_of(answer, 400, "auth-refused") for answer in (wrong, nobody)]
    assert [problem.pop("code") for problem in problems] == ["invalid_credentials"] * 2
    for problem in problems:
        del problem["request_id"]
    assert problems[0] == problems[1]


async def test_refreshes_at_once_all_get_good_tokens(person: Person) -> None:
    tokens = await person.sign_in()
    answers = await asyncio.gather(
        *(person.grant("refresh_token", n % 2, refresh_token=tokens["refresh_token"]) for n in range(8))
    )
    assert [answer.status_code for answer in answers] == [200] * 8
    for answer in answers:
        assert await person.let_in(answer.json()) == [True, True]
    last = await person.grant("refresh_token", refresh_token=answers[-1].json()["refresh_token"])
    assert last.status_code == 200


async def test_a_refresh_whose_answer_got_lost_may_be_repeated(person: Person) -> None:
    tokens = await person.sign_in()
    lost = await person.grant("refresh_token", refresh_token=tokens["refresh_token"])
    again = await person.grant("refresh_token", refresh_token=tokens["refresh_token"])
    assert (lost.status_code, again.status_code) == (200, 200)
    assert (await person.grant("refresh_token", refresh_token=again.json()["refresh_token"])).status_code == 200


async def test_s39_a_stolen_refresh_token_ends_the_session_and_says_so(
    person: Person, admin: asyncpg.Connection
) -> None:
    tokens = await person.sign_in()
    second = (await person.grant("refresh_token", refresh_token=tokens["refresh_token"])).json()
    third = (await person.grant("refresh_token", refresh_token=second["refresh_token"])).json()
    # Eleven seconds later.
    await admin.execute(
        "update auth.refresh_tokens set updated_at = updated_at - interval '11 seconds' where user_id = $1",
        person.user_id,
    )
    stolen = problem_of(await person.grant("refresh_token", refresh_token=tokens["refresh_token"]), 400, "auth-refused")
    assert stolen["code"] == "refresh_token_already_used"
    assert "sign in again" in stolen["detail"].lower()
    gone = await person.grant("refresh_token", refresh_token=third["refresh_token"])
    assert problem_of(gone, 400, "auth-refused")["code"] == "refresh_token_already_used"
    unknown = await person.grant("refresh_token", refresh_token="nobody-has-it")
    assert problem_of(unknown, 400, "auth-refused")["code"] == "refresh_token_not_found"


async def test_s39_a_session_that_was_not_refreshed_in_time_is_over_and_says_so(
    person: Person, admin: asyncpg.Connection
) -> None:
    tokens = await person.sign_in()
    await admin.execute(
        "update auth.sessions set refreshed_at = now() at time zone 'utc' - interval '7 days 1 second'"
        " where user_id = $1",
        person.user_id,
    )
    over = problem_of(await person.grant("refresh_token", refresh_token=tokens["refresh_token"]), 400, "auth-refused")
    assert over["code"] == "session_expired"
    assert "sign in again" in over["detail"].lower()


async def test_s40_expired_between_two_pages_then_refreshed_and_the_same_clock_goes_on(
    person: Person, stack: StackInfo
) -> None:
    tokens = await person.sign_in()
    address = person.services[0]
    given = [entity() for _ in range(60)]
    pushed = await person.http.post(
        f"{address}/sync/push", json={"device_id": DEVICE, "entities": given}, headers=bearer(tokens["access_token"])
    )
    assert pushed.status_code == 200

    async def pull(token: str, **more: str) -> httpx.Response:
        asked = {"device_id": "tablet", "limit": "40", **more}
        return await person.http.get(f"{address}/sync/pull", params=asked, headers=bearer(token))

    page = (await pull(tokens["access_token"])).json()
    expired = mint(SigningKey.load(stack.signing_key), TokenClaims(person.user_id, extra={"exp": 1}))
    problem_of(await pull(expired, clock=page["clock"]), 401, "token-expired")
    fresh = (await person.grant("refresh_token", refresh_token=tokens["refresh_token"])).json()
    rest = (await pull(fresh["access_token"], clock=page["clock"])).json()
    assert {one["id"] for one in page["entities"] + rest["entities"]} == {one["id"] for one in given}


async def test_nothing_of_a_sign_in_is_logged(person: Person, stack: StackInfo, anyone: httpx.AsyncClient) -> None:
    asked = {"email": person.email, "password": PASSWORD}
    tokens = (await anyone.post("/auth/token?grant_type=password", json=asked)).json()
    refreshed = await anyone.post(
        "/auth/token?grant_type=refresh_token", json={"refresh_token": tokens["refresh_token"]}
    )
    wrong = await anyone.post("/auth/token?grant_type=password", json={**asked, "password": f"{CANARY}-wrong"})
    assert (refreshed.status_code, wrong.status_code) == (200, 400)
    await anyone.post("/auth/logout", headers=bearer(refreshed.json()["access_token"]))
    secrets = [
        CANARY,
        person.email,
        *(one[name] for one in (tokens, refreshed.json()) for name in ("access_token", "refresh_token")),
    ]
    for name, text in logs_of(stack).items():
        for secret in secrets:
            assert secret not in text, name
