"""Tokens of the right key whose claims must not open anything, and some that must."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account, entity, tombstone
from tests.http.bearer import SUBJECT, bearer, refuse
from tests.http.problems import CANARY, problem_of

# Moments are told by how far they are from the test's own: a run of all tests lasts longer than some of them.
PAST, NOW, LATER, TOMORROW = timedelta(seconds=-30), timedelta(0), timedelta(minutes=10), timedelta(days=1)


def at_once(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims with their moments, in seconds since 1970."""
    now = int(time.time())
    return {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }


@pytest.mark.parametrize(
    ("claims", "slug"),
    [
        ({"exp": PAST}, "token-expired"),
        ({"exp": 0}, "token-expired"),
        ({"exp": None}, "missing-claim"),
        ({"exp": CANARY}, "malformed-token"),
        ({"nbf": TOMORROW}, "token-not-yet-valid"),
        ({"iat": LATER}, "token-from-the-future"),
        ({"iat": CANARY}, "malformed-token"),
        ({"iss": "https://auth.medtime.app.evil.example"}, "wrong-issuer"),
        ({"iss": "https://auth.medtime.app/"}, "wrong-issuer"),
        ({"iss": ""}, "wrong-issuer"),
        ({"iss": None}, "missing-claim"),
        ({"aud": "authenticated"}, "wrong-audience"),
        ({"aud": "medtime-api-x"}, "wrong-audience"),
        ({"aud": []}, "missing-claim"),
        ({"aud": ["a", "b"]}, "wrong-audience"),
        ({"aud": {"medtime-api": 1}}, "wrong-audience"),
        ({"aud": None}, "missing-claim"),
        ({"sub": None}, "missing-claim"),
        ({"sub": CANARY}, "invalid-subject"),
        ({"sub": ""}, "invalid-subject"),
        ({"sub": 7}, "invalid-subject"),
        ({"sub": f"urn:uuid:{SUBJECT}"}, "invalid-subject"),
        ({"sub": f"{{{SUBJECT}}}"}, "invalid-subject"),
        ({"role": "anon"}, "not-a-user-token"),
        ({"role": "service_role"}, "not-a-user-token"),
        ({"role": "supabase_admin"}, "not-a-user-token"),
        ({"role": ["authenticated"]}, "not-a-user-token"),
        ({"role": None}, "not-a-user-token"),
        ({"is_anonymous": True}, "anonymous-user"),
        ({"is_anonymous": "no"}, "anonymous-user"),
        ({"session_id": None}, "missing-claim"),
        ({"session_id": CANARY}, "invalid-subject"),
        ({"user_metadata": {"name": "\x00" + CANARY}}, "malformed-token"),
        ({"user_metadata": {"name": "\\\x00"}}, "malformed-token"),
        ({"user_metadata": {"name": "\ud800"}}, "malformed-token"),
    ],
)
async def test_claims(
    stack: StackInfo, anyone: httpx.AsyncClient, key: SigningKey, claims: dict[str, Any], slug: str
) -> None:
    await refuse(stack, anyone, bearer(mint(key, TokenClaims(SUBJECT, extra=at_once(claims)))), slug)


@pytest.mark.parametrize(
    "claims",
    [
        *({"aud": ["other", "medtime-api"]}, {"exp": TOMORROW, "nbf": NOW}, {"jti": "x"}),
        {"user_metadata": {"name": "\\u0000 \u00e9 \U0001f4f1", "n": 1e300, "deep": [[[]]]}},
        {"tier": "admin", "family_role": "owner", "app_metadata": {"role": "service_role"}},
    ],
)
async def test_claims_that_are_accepted(
    anyone: httpx.AsyncClient, user: Account, key: SigningKey, claims: dict[str, Any]
) -> None:
    token = mint(key, TokenClaims(str(user.user_id), session_id=str(user.session_id), extra=at_once(claims)))
    for spelling in ("Bearer", "bearer", "BEARER"):
        answer = await anyone.get("/sync/status", headers={"Authorization": f"{spelling} {token}"})
        assert answer.status_code == 200, answer.text


async def test_a_deleted_user(admin: asyncpg.Connection, user: Account) -> None:
    given = entity()
    assert (await user.push("phone", given)).status_code == 200
    await admin.execute("delete from auth.users where id = $1", user.user_id)
    for bad in (entity(), tombstone(given["id"], 1)):
        problem_of(await user.push("phone", bad), 401, "unknown-user")
    problem_of(await user.pull("tablet"), 401, "unknown-user")
    problem_of(await user.http.get("/sync/status"), 401, "unknown-user")
    assert await admin.fetchval("select count(*) from private.owners where user_id = $1", user.user_id) == 0


async def test_a_token_that_was_accepted_expires_all_the_same(
    anyone: httpx.AsyncClient, user: Account, key: SigningKey
) -> None:
    # Within the leeway of 10 s, for a few seconds more: what the service remembers of a token must not outlive it.
    ends = int(time.time()) - 4
    token = mint(key, TokenClaims(str(user.user_id), session_id=str(user.session_id), extra={"exp": ends}))
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(2):
        assert (await anyone.get("/sync/status", headers=headers)).status_code == 200
    await asyncio.sleep(max(0.0, ends + 11 - time.time()))
    problem_of(await anyone.get("/sync/status", headers=headers), 401, "token-expired")
