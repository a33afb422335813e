"""What the relay asks of Auth for each grant, how it answers, and whom it counts (P30)."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.http.auth_relay import GRANTS, TOKENS, Relay, relay_to_twin
from tests.http.auth_twin import Answer, auth_twin
from tests.http.own_service import service
from tests.http.problems import problem_of

pytestmark = pytest.mark.xdist_group("auth")


@pytest.fixture(scope="module")
async def relay(stack: StackInfo) -> AsyncIterator[Relay]:
    async with relay_to_twin(stack) as made:
        yield made


@pytest.mark.parametrize("grant", GRANTS)
async def test_a_grant_goes_to_auth_and_its_answer_comes_back_as_it_is(relay: Relay, grant: str) -> None:
    relay.twin.says(Answer(200, TOKENS))
    answer = await relay.ask(grant, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.status_code == 200
    assert answer.json() == TOKENS
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    (asked,) = relay.twin.asked
    assert asked.line.startswith(f"POST /auth/v1/token?grant_type={grant} ")
    assert asked.headers["apikey"] == "sb_publishable_x"
    assert asked.headers["sb-forwarded-for"] == "203.0.113.7"
    assert asked.headers["content-type"].startswith("application/json")
    assert "authorization" not in asked.headers
    sent = {name: value for name, value in asked.json().items() if name in GRANTS[grant]}
    assert sent == GRANTS[grant]


async def test_a_phone_number_and_a_captcha(relay: Relay) -> None:
    relay.twin.says(Answer(200, TOKENS))
    body = {"phone": "+5255", "password": "x" * 10, "gotrue_meta_security": {"captcha_token": "c"}, "data": {}}
    assert (await relay.ask("password", body)).status_code == 200
    (asked,) = relay.twin.asked
    assert asked.json()["phone"] == "+5255"
    assert asked.json()["gotrue_meta_security"] == {"captcha_token": "c"}
    assert "email" not in asked.json()


async def test_sign_in_attempts_are_counted_by_address_and_refreshes_are_not(stack: StackInfo) -> None:
    async with (
        auth_twin() as twin,
        service(stack, auth_url=twin.url, rate_sign_in="3", trusted_proxies="127.0.0.0/8") as address,
        httpx.AsyncClient(base_url=address, headers={"X-Forwarded-For": "198.51.100.200"}) as http,
    ):
        relay = Relay(twin, http)
        twin.says(Answer(400, {"error_code": "invalid_credentials"}))
        for _ in range(10):
            problem_of(await relay.ask("refresh_token"), 400, "auth-refused")
        for left, grant in ((2, "password"), (1, "id_token"), (0, "pkce")):
            counted = await relay.ask(grant)
            problem_of(counted, 400, "auth-refused")
            assert counted.headers["x-ratelimit-remaining"] == str(left)
        asked = len(twin.asked)
        full = await relay.ask("password")
        problem = problem_of(full, 429, "rate-limited")
        assert (problem["group"], problem["limit"]) == ("sign_in", 3)
        assert full.headers["x-ratelimit-limit"] == "3"
        assert len(twin.asked) == asked, "Auth is not asked"
        problem_of(await relay.ask("refresh_token"), 400, "auth-refused")
        elsewhere = {"X-Forwarded-For": "198.51.100.201"}
        problem_of(await relay.ask("password", headers=elsewhere), 400, "auth-refused")


async def test_requests_that_are_none_count_against_the_address(stack: StackInfo) -> None:
    # Whatever they are: neither a bad grant nor a refresh is free.
    elsewhere = {"X-Forwarded-For": "198.51.100.202"}
    asked = ["grant_type=nonsense", "", "grant_type=refresh_token", "grant_type=password"] * 5
    async with relay_to_twin(stack, rate_address=str(len(asked))) as relay:
        for query in asked:
            assert (await relay.http.post(f"/auth/token?{query}", headers=elsewhere)).status_code in {400, 415}
        full = await relay.http.post("/auth/token?grant_type=nonsense", headers=elsewhere)
        assert problem_of(full, 429, "rate-limited")["group"] == "address"


async def test_without_an_address_of_auth_there_are_no_such_routes(stack: StackInfo, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    async with httpx.AsyncClient() as http:
        keys.write_bytes((await http.get(f"{stack.auth_url}/.well-known/jwks.json")).content)
    async with service(stack, jwks_url="", jwks_file=str(keys)) as address, httpx.AsyncClient(base_url=address) as http:
        problem_of(await http.post("/auth/token?grant_type=password", json={}), 404, "not-found")
        problem_of(await http.post("/auth/logout"), 404, "not-found")
