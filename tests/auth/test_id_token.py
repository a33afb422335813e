"""Signing in with the ID token of a provider: whose account it is, and what is refused."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import jwt
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey
from tests.auth.calls import PASSWORD, claims_of, grant, id_token, sign_up

NewEmail = Callable[[], str]


async def test_an_id_token_signs_the_same_person_in_again(auth: httpx.AsyncClient, new_email: NewEmail) -> None:
    email = new_email()
    first, second = [
        (await grant(auth, "id_token", provider="google", id_token=await id_token(auth, email))).json()
        for _ in range(2)
    ]
    assert first["user"]["id"] == second["user"]["id"]
    assert claims_of(first)["amr"][0]["method"] == "oauth"
    assert len(second["user"]["identities"]) == 1


async def test_a_verified_address_joins_the_account_of_that_address(
    auth: httpx.AsyncClient, new_email: NewEmail
) -> None:
    email = new_email()
    user_id = (await sign_up(auth, email))["user"]["id"]
    token = await id_token(auth, email, provider="apple")
    joined = (await grant(auth, "id_token", provider="apple", id_token=token)).json()["user"]
    assert joined["id"] == user_id
    assert joined["app_metadata"] == {"provider": "email", "providers": ["apple", "email"]}
    assert (await grant(auth, "password", email=email, password=PASSWORD)).status_code == 200


async def test_an_unconfirmed_squatter_loses_the_account_to_the_owner_of_the_address(
    stack: StackInfo, auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    email = new_email()
    secret = {"authorization": f"Bearer {stack.secret_key}"}
    await auth.post("/admin/users", json={"email": email, "password": PASSWORD}, headers=secret)
    token = await id_token(auth, email)
    owner = (await grant(auth, "id_token", provider="google", id_token=token)).json()["user"]
    assert [one["provider"] for one in owner["identities"]] == ["google"]
    answer = await grant(auth, "password", email=email, password=PASSWORD)
    assert answer.json()["error_code"] == "invalid_credentials"
    assert await admin.fetchval("select encrypted_password from auth.users where email = $1", email) is None


async def test_an_address_that_the_provider_has_not_verified_signs_nobody_in(
    auth: httpx.AsyncClient, new_email: NewEmail
) -> None:
    token = await id_token(auth, new_email(), email_verified=False)
    answer = await grant(auth, "id_token", provider="google", id_token=token)
    assert (answer.status_code, answer.json()["error_code"]) == (422, "provider_email_needs_verification")


@pytest.mark.parametrize(
    ("in_token", "sent", "refusal"),
    [
        ("raw", "raw", ("invalid nonce", "Nonces mismatch")),
        (hashlib.sha256(b"raw").hexdigest(), "other", ("invalid nonce", "Nonces mismatch")),
        ("", "raw", ("invalid request", "Passed nonce and nonce in id_token should either both exist or not.")),
        ("hashed", "", ("invalid request", "Passed nonce and nonce in id_token should either both exist or not.")),
    ],
)
async def test_the_token_must_hold_the_hash_of_the_nonce(
    auth: httpx.AsyncClient, new_email: NewEmail, in_token: str, sent: str, refusal: tuple[str, str]
) -> None:
    token = await id_token(auth, new_email(), nonce=in_token)
    answer = await grant(auth, "id_token", provider="google", id_token=token, nonce=sent)
    assert (answer.status_code, answer.json()) == (400, {"error": refusal[0], "error_description": refusal[1]})


async def test_an_id_token_of_another_issuer_key_audience_or_time_is_refused(
    stack: StackInfo, auth: httpx.AsyncClient, new_email: NewEmail
) -> None:
    good = await id_token(auth, new_email())
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    issuer = SigningKey.load(stack.data_dir / "test_issuer_key.pem").private_key
    access = SigningKey.load(stack.signing_key).private_key
    changed = [
        jwt.encode(claims | change, key, algorithm="RS256")
        for change, key in (
            ({"iss": "https://accounts.example"}, issuer),
            ({"exp": int(time.time()) - 60}, issuer),
            ({"aud": "another-app"}, issuer),
            ({}, access),
        )
    ]
    answers = [
        await grant(auth, "id_token", provider=provider, id_token=token)
        for provider, token in (*(("google", token) for token in [*changed, "no token"]), ("apple", good))
    ]
    bad = "Bad ID token"
    audience = "Unacceptable audience in id_token: another-app"
    assert [answer.json()["error_description"] for answer in answers] == [bad, bad, audience, bad, bad, bad]
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(400, "invalid request")}


async def test_an_id_token_needs_its_fields_and_a_known_provider(auth: httpx.AsyncClient, new_email: NewEmail) -> None:
    token = await id_token(auth, new_email())
    missing = await grant(auth, "id_token", provider="google")
    assert missing.json() == {"error": "invalid request", "error_description": "id_token required"}
    other = await grant(auth, "id_token", provider="carrier-pigeon", id_token=token)
    assert (other.status_code, other.json()["error_code"]) == (400, "validation_failed")
    unknown = await auth.post("/test-issuer/id_token", json={"provider": "carrier-pigeon", "email": new_email()})
    assert unknown.status_code == 400
