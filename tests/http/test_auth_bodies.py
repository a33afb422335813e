"""Bad token requests: named, not repeated, and never passed on to Auth."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from medtime_backend.local.options import StackInfo
from tests.http.auth_relay import GRANTS, TOKENS, Relay, relay_to_twin
from tests.http.auth_twin import Answer
from tests.http.problems import CANARY, problem_of

pytestmark = pytest.mark.xdist_group("auth")


@pytest.fixture(scope="module")
async def relay(stack: StackInfo) -> AsyncIterator[Relay]:
    async with relay_to_twin(stack) as made:
        yield made


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
    deep = b'{"email":"a","password":"b","data":{"a":' + b"[" * 8000 + b"]" * 8000 + b"}}"
    problem_of(await post("/auth/token", params=grant, content=deep, headers=typed), 400, "malformed-body")
    problem_of(await post("/auth/token", params=grant, content=b" " * 20_000, headers=typed), 413, "body-too-large")
    for other in ("application/x-www-form-urlencoded", "application/msgpack"):
        given = await post("/auth/token", params=grant, content=b"a=b", headers={"Content-Type": other})
        problem = problem_of(given, 415, "unsupported-media-type")
        assert problem["detail"] == "Send application/json, with Content-Encoding gzip or none."
    problem_of(await relay.http.get("/auth/token", params=grant), 405, "method-not-allowed")
    assert relay.twin.asked == []
