"""Refusals have the shape that a client of each version of Supabase Auth's API expects."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.auth.calls import PASSWORD, bearer, grant, sign_up

VERSION = "x-supabase-api-version"
OLD = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
NEW = {"code": "invalid_credentials", "message": "Invalid login credentials"}


@pytest.mark.parametrize(
    ("asked", "body", "told"),
    [
        (None, OLD, None),
        ("2024-01-01", NEW, "2024-01-01"),
        # The answer's version is the newest there is, whatever comes after.
        ("2026-11-25", NEW, "2024-01-01"),
        ("2023-12-31", OLD, None),
        ("soon", OLD, None),
    ],
)
async def test_the_version_decides_the_shape(
    auth: httpx.AsyncClient, asked: str | None, body: dict[str, Any], told: str | None
) -> None:
    fields = {"email": "nobody@test.medtime.app", "password": PASSWORD}
    headers = {VERSION: asked} if asked else {}
    answer = await auth.post("/token?grant_type=password", json=fields, headers=headers)
    assert (answer.status_code, answer.json()) == (400, body)
    assert answer.headers.get(VERSION) == told
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"


async def test_a_weak_password_says_why_in_both_shapes(auth: httpx.AsyncClient, new_email: Callable[[], str]) -> None:
    fields = {"email": new_email(), "password": "short"}
    reasons = {"weak_password": {"reasons": ["length"]}}
    message = "Password should be at least 10 characters."
    old = await auth.post("/signup", json=fields)
    new = await auth.post("/signup", json=fields, headers={VERSION: "2024-01-01"})
    assert old.json() == {"code": 422, "error_code": "weak_password", "msg": message, **reasons}
    assert new.json() == {"code": "weak_password", "message": message, **reasons}


async def test_an_oauth_error_has_one_shape_and_tells_the_version(auth: httpx.AsyncClient) -> None:
    answer = await auth.post("/token?grant_type=refresh_token", json={}, headers={VERSION: "2024-01-01"})
    assert answer.json() == {"error": "invalid_request", "error_description": "refresh_token required"}
    assert answer.headers[VERSION] == "2024-01-01"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/token", 405, "method_not_allowed"),
        ("GET", "/admin/users", 401, "no_authorization"),
        ("GET", "/user", 401, "no_authorization"),
    ],
)
async def test_what_is_not_there_or_not_allowed(
    auth: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await auth.request(method, path)
    assert (answer.status_code, answer.json()["code"], answer.json()["error_code"]) == (status, status, code)


async def test_what_nobody_expected_tells_nothing_and_is_in_the_log(stack: StackInfo, auth: httpx.AsyncClient) -> None:
    # Postgres takes no NUL in a text.
    answer = await grant(auth, "password", email="a\x00@test.medtime.app", password=PASSWORD)
    message = "Unexpected failure, please check server logs for more information"
    assert (answer.status_code, answer.json()) == (
        500,
        {"code": 500, "error_code": "unexpected_failure", "msg": message},
    )
    assert "CharacterNotInRepertoireError" in (stack.data_dir / "logs" / "gateway.log").read_text()


@pytest.mark.parametrize("path", ["/admin/users", "/admin/users/00000000-0000-4000-8000-000000000000"])
async def test_a_user_is_no_admin(
    stack: StackInfo, auth: httpx.AsyncClient, new_email: Callable[[], str], path: str
) -> None:
    for key in ((await sign_up(auth, new_email()))["access_token"], stack.publishable_key):
        answer = await auth.get(path, headers=bearer(key))
        assert (answer.status_code, answer.json()["error_code"]) == (403, "not_admin")
