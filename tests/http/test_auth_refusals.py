"""What the relay makes of an Auth that says no, says nothing, or talks nonsense: one problem for all shapes (S42)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.http.auth_relay import GRANTS, TOKENS, USER, Relay, relay_to_twin
from tests.http.auth_twin import Answer
from tests.http.own_service import service
from tests.http.problems import CANARY, problem_of

pytestmark = pytest.mark.xdist_group("auth")


@pytest.fixture(scope="module")
async def relay(stack: StackInfo) -> AsyncIterator[Relay]:
    async with relay_to_twin(stack) as made:
        yield made


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
    "of OAuth, banned": (
        Answer(400, {"error": "invalid_grant", "error_description": "Invalid Refresh Token: User Banned"}),
        {"code": "user_banned"},
    ),
    "of OAuth, too old": (
        Answer(
            400, {"error": "invalid_grant", "error_description": "Invalid Refresh Token: Session Expired (Inactivity)"}
        ),
        {"code": "session_expired"},
    ),
    "of OAuth, with a blank": (
        Answer(400, {"error": "invalid nonce", "error_description": "Nonces mismatch"}),
        {"code": "invalid_nonce"},
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
    "a deep one": (Answer(400, b"[" * 90_000), {"code": "unknown"}),
    "expired flow": (
        Answer(422, {"code": "flow_state_expired", "message": CANARY}, NEW),
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
    assert given.headers["x-supabase-api-version"] == "2024-01-01", "clients of Auth read `code` only with it"
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


async def test_an_auth_that_says_when_it_is_back(relay: Relay) -> None:
    relay.twin.says(Answer(503, {"message": CANARY}, {"Retry-After": "30"}))
    assert (await relay.ask("password")).headers["retry-after"] == "30"


UNAVAILABLE = {
    "broken": Answer(500, {"code": 500, "error_code": "unexpected_failure", "msg": CANARY}),
    "a slow hook in Postgres": Answer(500, {"code": "unexpected_failure", "message": CANARY}, NEW),
    "a slow hook over HTTP": Answer(422, {"code": "hook_timeout", "message": CANARY}, NEW),
    "refreshes that got in each other's way": Answer(409, {"code": "conflict", "message": CANARY}, NEW),
    "bad gateway": Answer(502, f"<html>{CANARY}"),
    "away": Answer(503, {"message": CANARY}),
    "of Cloudflare": Answer(522, ""),
    "too slow": Answer(200, TOKENS, delay=60),
    "reset": Answer(200, TOKENS, reset=True),
    "cut off": Answer(200, TOKENS, cut=True),
    "a redirect": Answer(302, "", {"Location": f"http://127.0.0.1:9/{CANARY}"}),
    "deep": Answer(200, b'{"user":' + b"[" * 90_000),
    "a time-out of a gateway": Answer(408, ""),
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
