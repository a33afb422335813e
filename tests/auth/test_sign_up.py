"""Signing up, and who does not get in with a password."""

import asyncio
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.auth.calls import PASSWORD, claims_of, grant, sign_up

NewEmail = Callable[[], str]


async def test_a_sign_up_is_in_the_tables_as_auth_writes_it(
    auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    email = new_email()
    tokens = await sign_up(auth, email.upper(), data={"name": "Eva"})
    user = await admin.fetchrow("select * from auth.users where id = $1", tokens["user"]["id"])
    assert (user["email"], user["aud"], user["role"]) == (email, "authenticated", "authenticated")
    assert user["email_confirmed_at"] is not None
    assert user["encrypted_password"].startswith("$2a$10$")
    identity = tokens["user"]["identities"][0]
    assert (identity["provider"], identity["id"], identity["email"]) == ("email", tokens["user"]["id"], email)
    assert claims_of(tokens)["user_metadata"] == {"name": "Eva"}
    assert claims_of(tokens)["amr"][0]["method"] == "password"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"email": "eva"}, (400, "validation_failed", "Unable to validate email address: invalid format")),
        ({"email": "eva@test.medtime.app\x00"}, (400, "validation_failed", None)),
        ({"password": "short"}, (422, "weak_password", "Password should be at least 10 characters.")),
        ({"password": "long" * 20}, (400, "validation_failed", "Password cannot be longer than 72 characters")),
        ({"data": "Eva"}, (400, "validation_failed", "data is no object")),
    ],
)
async def test_a_sign_up_may_be_refused(
    auth: httpx.AsyncClient, new_email: NewEmail, fields: dict[str, str], refusal: tuple[int, str, str | None]
) -> None:
    answer = await auth.post("/signup", json={"email": new_email(), "password": PASSWORD, **fields})
    status, code, message = refusal
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["msg"] == message or message is None


async def test_of_two_sign_ups_at_once_one_is_refused(auth: httpx.AsyncClient, new_email: NewEmail) -> None:
    body = {"email": new_email(), "password": PASSWORD}
    answers = await asyncio.gather(*(auth.post("/signup", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    refusals = [answer.json() for answer in answers if answer.status_code != 200]
    assert refusals == [{"code": 422, "error_code": "user_already_exists", "msg": "User already registered"}] * 3


async def test_who_is_not_confirmed_or_banned_stays_out(
    stack: StackInfo, auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    email = new_email()
    secret = {"authorization": f"Bearer {stack.secret_key}"}
    made = await auth.post("/admin/users", json={"email": email, "password": PASSWORD}, headers=secret)
    assert (made.status_code, made.json()["email_confirmed_at"]) == (200, None)
    answer = await grant(auth, "password", email=email, password=PASSWORD)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "email_not_confirmed")
    await admin.execute(
        "update auth.users set email_confirmed_at = now(), banned_until = now() + interval '1 hour' where email = $1",
        email,
    )
    answer = await grant(auth, "password", email=email, password=PASSWORD)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "user_banned")
