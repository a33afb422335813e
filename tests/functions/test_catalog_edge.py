"""The catalog at the edge: tokens, tags and logs, on the running function."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account
from tests.http.problems import CANARY, logs_of

pytestmark = pytest.mark.xdist_group("catalog")
WRONG: Mapping[str, dict[str, Any]] = {
    "token-expired": {"lifetime": -60},
    "wrong-issuer": {"issuer": "https://other.test"},
    "wrong-audience": {"audience": "other"},
    "missing-claim": {"extra": {"session_id": None}},
    "invalid-subject": {"user_id": "ana"},
    "not-a-user-token": {"extra": {"role": "service_role"}},
    "anonymous-user": {"is_anonymous": True},
    "token-not-yet-valid": {"extra": {"nbf": 4_000_000_000}},
    "token-from-the-future": {"extra": {"iat": 4_000_000_000}},
}


def edge(stack: StackInfo, target: str, **headers: str) -> httpx.Response:
    return httpx.get(stack.functions_url + target, headers=headers, timeout=30)


def both(stack: StackInfo, target: str, **headers: str) -> list[httpx.Response]:
    return [httpx.get(stack.base_url + target, headers=headers, timeout=30), edge(stack, target, **headers)]


def test_a_users_token_is_welcome_and_an_api_key_is_nobodys(stack: StackInfo, user: Account) -> None:
    expected = both(stack, "/catalog/search?q=zocor")[0].content
    for bearer in (user.token, stack.publishable_key, stack.secret_key):
        headers = {"Authorization": f"Bearer {bearer}", "apikey": stack.publishable_key}
        answer = edge(stack, "/catalog/search?q=zocor", **headers)
        assert (answer.status_code, answer.content) == (200, expected)


@pytest.mark.parametrize("slug", WRONG)
def test_a_token_that_is_not_good_is_refused_alike(stack: StackInfo, slug: str) -> None:
    token = mint(SigningKey.load(stack.signing_key), TokenClaims(**{"user_id": str(uuid4()), **WRONG[slug]}))
    service, function = both(stack, "/catalog/sources", Authorization=f"Bearer {token}")
    told = [answer.json() | {"request_id": ""} for answer in (service, function)]
    assert told[0] == told[1]
    assert told[0]["type"].endswith(f"/{slug}")
    assert function.headers["www-authenticate"] == service.headers["www-authenticate"]


def test_a_tag_of_one_is_known_to_the_other(stack: StackInfo) -> None:
    service, function = both(stack, "/catalog/search?q=insulin")
    assert function.headers["etag"] == service.headers["etag"]
    for given in (
        service.headers["etag"],
        service.headers["etag"].removeprefix("W/"),
        f'"x", {function.headers["etag"]}',
    ):
        again = both(stack, "/catalog/search?q=insulin", **{"If-None-Match": given})
        assert [(one.status_code, one.content) for one in again] == [(304, b"")] * 2


async def test_a_seed_shows_at_once(stack: StackInfo, admin: asyncpg.Connection) -> None:
    before = edge(stack, "/catalog/search?q=zocor").json()["version"]
    await admin.execute("update public.catalog_version set version = version + 1")
    assert edge(stack, "/catalog/search?q=zocor").json()["version"] == before + 1
    # For a while the service believes in the version from before: other tests compare the two.
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=stack.base_url, timeout=30) as service:
        while (await service.get("/catalog/search?q=zocor")).json()["version"] == before:
            pass


def test_what_is_searched_for_is_in_no_log(stack: StackInfo) -> None:
    for target in (f"search?q={CANARY}", f"search?q={CANARY}&source={CANARY}", CANARY, f"search?{CANARY}={CANARY}"):
        edge(stack, f"/catalog/{target}")
    logs = logs_of(stack)
    assert "function-catalog.log" in logs
    assert not [name for name, text in logs.items() if CANARY in text]
