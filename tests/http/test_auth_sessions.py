"""Signing in, refreshing and signing out through the service, at the stack's own auth server (S39, S40, P34)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import add_user, entity
from tests.http.bearer import bearer
from tests.http.problems import CANARY, DEVICE, logs_of, problem_of
from tests.http.two_services import two_services

pytestmark = pytest.mark.xdist_group("auth")

PASSWORD = f"{CANARY}-password"
# bcrypt of PASSWORD, cost 4: what a test needs is a hash, not a slow one.
HASHED = "update auth.users set encrypted_password = $2, email_confirmed_at = now() where id = $1"


@dataclass
class Person:
    """Somebody with a password, at two services that share one Redis."""

    user_id: str
    email: str
    services: tuple[str, str]
    http: httpx.AsyncClient

    async def sign_in(self) -> dict[str, Any]:
        answer = await self.grant("password", email=self.email, password=PASSWORD)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def grant(self, grant: str, **body: str) -> httpx.Response:
        return await self.http.post(f"{self.services[0]}/auth/token", params={"grant_type": grant}, json=body)

    async def let_in(self, tokens: dict[str, Any]) -> list[bool]:
        """Whether each service serves this access token."""
        answers = [
            await self.http.get(f"{address}/sync/status", headers=bearer(tokens["access_token"]))
            for address in self.services
        ]
        for answer in answers:
            if answer.status_code != 200:
                problem_of(answer, 401, "session-ended")
        return [answer.status_code == 200 for answer in answers]

    async def sign_out(self, tokens: dict[str, Any], scope: str | None) -> httpx.Response:
        return await self.http.post(
            f"{self.services[1]}/auth/logout",
            params={"scope": scope} if scope else {},
            headers=bearer(tokens["access_token"]),
        )


@pytest.fixture(scope="module")
async def services(stack: StackInfo) -> AsyncIterator[tuple[str, str]]:
    async with two_services(stack) as addresses:
        yield addresses


@pytest.fixture
async def person(services: tuple[str, str], admin: asyncpg.Connection) -> AsyncIterator[Person]:
    import bcrypt  # noqa: PLC0415 - of the embedded stack

    user_id = await add_user(admin)
    await admin.execute(HASHED, user_id, bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    email = await admin.fetchval("select email from auth.users where id = $1", user_id)
    async with httpx.AsyncClient(timeout=30) as http:
        yield Person(str(user_id), email, services, http)


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
        *(person.grant("refresh_token", refresh_token=tokens["refresh_token"]) for _ in range(8))
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
