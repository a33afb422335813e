"""What the relay asks of Auth and makes of its answers: grants, all shapes of errors, silence, nonsense (P30, S42)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.http.auth_twin import Answer, AuthTwin, auth_twin
from tests.http.own_service import service
from tests.http.problems import CANARY, problem_of

pytestmark = pytest.mark.xdist_group("auth")

USER = {
    "id": str(uuid4()),
    "aud": "authenticated",
    "role": "authenticated",
    "email": f"{CANARY}@example.org",
    "app_metadata": {"provider": "email"},
    "user_metadata": {},
    "created_at": "2026-11-25T08:00:00Z",
    "something_new": {"that": "no model knows"},
}
TOKENS = {
    "access_token": f"{CANARY}.access",
    "token_type": "bearer",
    "expires_in": 3600,
    "expires_at": 1_790_000_000,
    "refresh_token": f"{CANARY}-next",
    "user": USER,
    "weak_password": {"reasons": ["pwned"], "message": "weak"},
    "provider_token": None,
}
GRANTS: dict[str, dict[str, Any]] = {
    "password": {"email": f"{CANARY}@example.org", "password": f"{CANARY}-password"},
    "refresh_token": {"refresh_token": f"{CANARY}-refresh"},
    "id_token": {"provider": "google", "id_token": f"{CANARY}.id", "nonce": f"{CANARY}-nonce"},
    "pkce": {"auth_code": f"{CANARY}-code", "code_verifier": f"{CANARY}-verifier"},
}


class Relay:
    """The service in front of the twin."""

    def __init__(self, twin: AuthTwin, http: httpx.AsyncClient) -> None:
        self.twin = twin
        self.http = http

    async def ask(self, grant: str, body: Any = None, **options: Any) -> httpx.Response:
        given = GRANTS[grant] if body is None else body
        return await self.http.post("/auth/token", params={"grant_type": grant}, json=given, **options)


@pytest.fixture(scope="module")
async def relay(stack: StackInfo) -> AsyncIterator[Relay]:
    async with (
        auth_twin() as twin,
        service(
            stack, auth_url=twin.url, auth_api_key="sb_publishable_x", auth_timeout="1", trusted_proxies="127.0.0.0/8"
        ) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        yield Relay(twin, http)


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


NEW = {"X-Supabase-Api-Version": "2024-01-01"}
REFUSALS: dict[str, tuple[Answer, dict[str, Any]]] = {
    "code in error_code": (
        Answer(400, {"code": 400, "error_code": "invalid_credentials", "msg": f"{CANARY} Invalid"}),
        {"code": "invalid_credentials"},
    ),
    "code as a string": (
        Answer(400, {"code": "refresh_token_already_used", "message": CANARY}, NEW),
        {"code": "refresh_token_already_used"},
    ),
    "of OAuth": (Answer(400, {"error": "invalid_request", "error_description": CANARY}), {"code": "invalid_request"}),
    "of OAuth, described": (
        Answer(400, {"error": "invalid_grant", "error_description": "Invalid login credentials"}),
        {"code": "invalid_credentials"},
    ),
    "of OAuth, a refresh token": (
        Answer(400, {"error": "invalid_grant", "error_description": "Invalid Refresh Token: Already Used"}),
        {"code": "refresh_token_already_used"},
    ),
    "without a code": (Answer(422, {"code": 422, "msg": CANARY}), {"code": "unknown"}),
    "with a code that is none": (Answer(400, {"error_code": f"<{CANARY}>"}), {"code": "unknown"}),
    "weak password": (
        Answer(
            422, {"code": 422, "error_code": "weak_password", "weak_password": {"reasons": ["length", CANARY + "!"]}}
        ),
        {"code": "weak_password", "reasons": ["length"]},
    ),
    "banned": (Answer(403, {"code": 403, "error_code": "user_banned", "msg": CANARY}), {"code": "user_banned"}),
    "not JSON": (Answer(400, f"<html>{CANARY}"), {"code": "unknown"}),
    "a list": (Answer(400, [CANARY]), {"code": "unknown"}),
    "expired flow": (
        Answer(403, {"code": "flow_state_expired", "message": CANARY}, NEW),
        {"code": "flow_state_expired"},
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("grant", GRANTS)
async def test_a_refusal_in_any_shape_is_one_problem(relay: Relay, grant: str, name: str) -> None:
    answer, facts = REFUSALS[name]
    relay.twin.says(answer)
    given = await relay.ask(grant)
    problem = problem_of(given, 400, "auth-refused")
    assert {fact: problem[fact] for fact in facts} == facts
    assert len(relay.twin.asked) == 1, "asked once, never again"
    assert CANARY not in given.text


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, {"error_code": "over_request_rate_limit"}), 60),
        (Answer(429, {"error_code": "over_request_rate_limit"}, {"Retry-After": "17"}), 17),
        (Answer(429, "slow down", {"Retry-After": "Wed, 25 Nov 2026 09:00:00 GMT"}), 60),
        (Answer(429, {"code": "over_request_rate_limit", "message": ""}, {**NEW, "Retry-After": "999999"}), 3600),
        (Answer(429, {}, {"Retry-After": "0"}), 1),
    ],
)
async def test_auths_own_limit(relay: Relay, answer: Answer, wait: int) -> None:
    relay.twin.says(answer)
    given = await relay.ask("password")
    problem = problem_of(given, 429, "rate-limited")
    assert problem["group"] == "auth"
    assert given.headers["retry-after"] == str(wait)


UNAVAILABLE = {
    "broken": Answer(500, {"code": 500, "error_code": "unexpected_failure", "msg": CANARY}),
    "a slow hook": Answer(500, {"code": "hook_timeout", "message": CANARY}, NEW),
    "bad gateway": Answer(502, f"<html>{CANARY}"),
    "away": Answer(503, {"message": CANARY}),
    "of Cloudflare": Answer(522, ""),
    "too slow": Answer(200, TOKENS, delay=3),
    "reset": Answer(200, TOKENS, reset=True),
    "cut off": Answer(200, TOKENS, cut=True),
    "a redirect": Answer(302, "", {"Location": f"http://127.0.0.1:9/{CANARY}"}),
    "huge": Answer(200, b"[" + b"1," * 200_000 + b"1]"),
    "compressed": Answer(200, b"\x1f\x8b" + b"\0" * 40, {"Content-Encoding": "gzip"}),
    "not JSON": Answer(200, f"<html>{CANARY}"),
    "no tokens": Answer(200, {"user": USER}),
    "no user": Answer(200, {**TOKENS, "user": None}),
    "nothing": Answer(204, ""),
    "a wrong API key": Answer(401, {"message": "Invalid API key"}),
    "a wrong address": Answer(404, "404 page not found"),
}


@pytest.mark.parametrize("name", UNAVAILABLE)
async def test_an_auth_that_cannot_be_used_is_503(relay: Relay, name: str) -> None:
    relay.twin.says(UNAVAILABLE[name])
    given = await relay.ask("refresh_token")
    problem_of(given, 503, "auth-unavailable")
    assert 1 <= int(given.headers["retry-after"]) <= 60
    assert CANARY not in given.text
    assert len(relay.twin.asked) == 1, "a refresh is asked for once: Auth would take a second for a theft"


async def test_an_auth_that_is_down_is_503(stack: StackInfo) -> None:
    async with (
        service(stack, auth_url="http://127.0.0.1:9/auth/v1") as address,
        httpx.AsyncClient(base_url=address) as http,
    ):
        given = await http.post("/auth/token", params={"grant_type": "password"}, json=GRANTS["password"])
    problem_of(given, 503, "auth-unavailable")
    assert int(given.headers["retry-after"]) >= 1


BAD: dict[str, tuple[str, Any, str]] = {
    "no password": ("password", {"email": CANARY}, "password"),
    "an empty password": ("password", {"email": CANARY, "password": ""}, "password"),
    "neither e-mail nor phone": ("password", {"password": CANARY}, "email"),
    "both": ("password", {"email": "a", "phone": "b", "password": CANARY}, "email"),
    "a number": ("password", {"email": 7, "password": CANARY}, "email"),
    "an unknown field": ("password", {"email": "a", "password": "b", CANARY: 1}, "unknown"),
    "no refresh token": ("refresh_token", {}, "refresh_token"),
    "null": ("refresh_token", {"refresh_token": None}, "refresh_token"),
    "another provider": ("id_token", {"provider": CANARY, "id_token": "x"}, "provider"),
    "no verifier": ("pkce", {"auth_code": CANARY}, "code_verifier"),
    "too long": ("refresh_token", {"refresh_token": "x" * 8193}, "refresh_token"),
    "a list": ("password", [CANARY], "body"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_wrong_field_is_named_and_not_repeated(relay: Relay, name: str) -> None:
    grant, body, field = BAD[name]
    relay.twin.says(Answer(200, TOKENS))
    given = await relay.ask(grant, body)
    assert problem_of(given, 400, "invalid-field")["field"] == field
    assert CANARY not in given.text
    assert relay.twin.asked == []


async def test_other_bad_requests(relay: Relay) -> None:
    relay.twin.says(Answer(200, TOKENS))
    post = relay.http.post
    body = GRANTS["password"]
    for parameters in (
        {},
        {"grant_type": CANARY},
        {"grant_type": "password", "x": CANARY},
        {"grant_type": ["pkce"] * 2},
    ):
        given = await post("/auth/token", params=parameters, json=body)
        assert "parameters" in problem_of(given, 400, "invalid-parameter")
    grant = {"grant_type": "password"}
    problem_of(await post("/auth/token", params=grant, content=b"{"), 415, "unsupported-media-type")
    typed = {"Content-Type": "application/json"}
    problem_of(await post("/auth/token", params=grant, content=b"{", headers=typed), 400, "malformed-body")
    problem_of(await post("/auth/token", params=grant, content=b" " * 20_000, headers=typed), 413, "body-too-large")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    problem_of(await post("/auth/token", params=grant, content=b"a=b", headers=form), 415, "unsupported-media-type")
    problem_of(await relay.http.get("/auth/token", params=grant), 405, "method-not-allowed")
    assert relay.twin.asked == []


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
        for grant in ("password", "id_token", "pkce"):
            problem_of(await relay.ask(grant), 400, "auth-refused")
        asked = len(twin.asked)
        full = await relay.ask("password")
        problem = problem_of(full, 429, "rate-limited")
        assert (problem["group"], problem["limit"]) == ("sign_in", 3)
        assert full.headers["x-ratelimit-limit"] == "3"
        assert len(twin.asked) == asked, "Auth is not asked"
        problem_of(await relay.ask("refresh_token"), 400, "auth-refused")
        elsewhere = {"X-Forwarded-For": "198.51.100.201"}
        problem_of(await relay.ask("password", headers=elsewhere), 400, "auth-refused")


async def test_without_an_address_of_auth_there_are_no_such_routes(stack: StackInfo, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    async with httpx.AsyncClient() as http:
        keys.write_bytes((await http.get(f"{stack.auth_url}/.well-known/jwks.json")).content)
    async with service(stack, jwks_url="", jwks_file=str(keys)) as address, httpx.AsyncClient(base_url=address) as http:
        problem_of(await http.post("/auth/token?grant_type=password", json={}), 404, "not-found")
        problem_of(await http.post("/auth/logout"), 404, "not-found")
