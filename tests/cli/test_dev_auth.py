"""The local auth server speaks as Supabase Auth does, and only inside the embedded stack."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import jwt
import pytest

from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.errors import StackError
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey
from tests.cli.command import ROOT

SignIn = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def auth(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.auth_url, timeout=30) as client:
        yield client


@pytest.fixture
def sign_in(stack: StackInfo, auth: httpx.AsyncClient) -> SignIn:
    async def with_password() -> dict[str, Any]:
        user = stack.users[0]
        body = {"email": user.email.upper(), "password": user.password}
        answer = await auth.post("/token?grant_type=password", json=body)
        assert answer.status_code == 200
        return answer.json()

    return with_password


async def refresh(auth: httpx.AsyncClient, token: str) -> httpx.Response:
    return await auth.post("/token?grant_type=refresh_token", json={"refresh_token": token})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def test_a_password_gives_a_token_that_the_published_key_verifies(
    stack: StackInfo, auth: httpx.AsyncClient, sign_in: SignIn
) -> None:
    answer = await sign_in()
    assert set(answer) == {"access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user"}
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3600)
    keys = jwt.PyJWKSet.from_dict((await auth.get("/.well-known/jwks.json")).json())
    header = jwt.get_unverified_header(answer["access_token"])
    claims = jwt.decode(
        answer["access_token"],
        keys[header["kid"]].key,
        algorithms=["RS256"],
        audience=stack.audience,
        issuer=stack.issuer,
    )
    assert header["alg"] == "RS256"
    assert claims["exp"] == answer["expires_at"] == claims["iat"] + 3600
    assert {name: claims[name] for name in ("sub", "email", "phone", "role", "aal", "is_anonymous", "tier")} == {
        "sub": stack.users[0].user_id,
        "email": stack.users[0].email,
        "phone": "",
        "role": "authenticated",
        "aal": "aal1",
        "is_anonymous": False,
        "tier": "free",
    }
    assert claims["amr"][0]["method"] == "password"
    assert answer["user"]["identities"][0]["provider"] == "email"
    assert "private" not in str((await auth.get("/.well-known/jwks.json")).json())
    assert not {"d", "p", "q"} & set(SigningKey.load(stack.signing_key).jwks()["keys"][0])


@pytest.mark.parametrize(
    ("query", "body", "refusal"),
    [
        (
            "grant_type=password",
            b'{"email": "ana@demo.medtime.app", "password": "no"}',
            ("invalid_credentials", "Invalid login credentials"),
        ),
        (
            "grant_type=password",
            b'{"email": "nobody@demo.medtime.app", "password": "no"}',
            ("invalid_credentials", "Invalid login credentials"),
        ),
        (
            "grant_type=refresh_token",
            b'{"refresh_token": "no"}',
            ("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"),
        ),
        ("grant_type=password", b'{"email": "a@b"}', ("invalid_credentials", "Invalid login credentials")),
        ("grant_type=password", b"{}", ("validation_failed", "missing email or phone")),
        ("grant_type=password", b"[]", ("bad_json", "Could not parse request body as JSON")),
        ("grant_type=password", b'{"email": ', ("bad_json", "Could not parse request body as JSON")),
        ("grant_type=telepathy", b"{}", ("invalid_credentials", "unsupported_grant_type")),
        ("", b"{}", ("invalid_credentials", "unsupported_grant_type")),
    ],
)
async def test_a_refusal_has_the_shape_of_auth(
    auth: httpx.AsyncClient, query: str, body: bytes, refusal: tuple[str, str]
) -> None:
    answer = await auth.post(f"/token?{query}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json() == {"code": 400, "error_code": refusal[0], "msg": refusal[1]}
    assert answer.headers["x-sb-error-code"] == refusal[0]


async def test_a_refresh_rotates_the_token_and_keeps_the_session(
    auth: httpx.AsyncClient, sign_in: SignIn, admin: asyncpg.Connection
) -> None:
    first = await sign_in()
    second = (await refresh(auth, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    session = jwt.decode(first["access_token"], options={"verify_signature": False})["session_id"]
    assert jwt.decode(second["access_token"], options={"verify_signature": False})["session_id"] == session
    rows = await admin.fetch(
        "select token, revoked, parent from auth.refresh_tokens where session_id = $1 order by id", session
    )
    assert [tuple(row) for row in rows] == [
        (first["refresh_token"], True, None),
        (second["refresh_token"], False, first["refresh_token"]),
    ]
    assert await admin.fetchval("select refreshed_at is not null from auth.sessions where id = $1", session)


async def test_a_lost_answer_can_be_asked_for_again_for_ever(
    auth: httpx.AsyncClient, sign_in: SignIn, admin: asyncpg.Connection
) -> None:
    first = await sign_in()
    second = (await refresh(auth, first["refresh_token"])).json()
    await admin.execute("update auth.refresh_tokens set updated_at = now() - interval '1 hour'")
    again = await refresh(auth, first["refresh_token"])
    assert again.status_code == 200
    assert again.json()["refresh_token"] == second["refresh_token"]


async def test_reuse_within_ten_seconds_is_forgiven(auth: httpx.AsyncClient, sign_in: SignIn) -> None:
    first = await sign_in()
    second = (await refresh(auth, first["refresh_token"])).json()
    await refresh(auth, second["refresh_token"])
    assert (await refresh(auth, first["refresh_token"])).status_code == 200


async def test_reuse_after_ten_seconds_revokes_the_whole_session(
    auth: httpx.AsyncClient, sign_in: SignIn, admin: asyncpg.Connection
) -> None:
    first = await sign_in()
    second = (await refresh(auth, first["refresh_token"])).json()
    third = (await refresh(auth, second["refresh_token"])).json()
    await admin.execute("update auth.refresh_tokens set updated_at = now() - interval '11 seconds'")
    stolen = await refresh(auth, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error_code"]) == (400, "refresh_token_already_used")
    assert (await refresh(auth, third["refresh_token"])).json()["error_code"] == "refresh_token_already_used"


async def test_a_session_not_refreshed_for_seven_days_is_over(
    auth: httpx.AsyncClient, sign_in: SignIn, admin: asyncpg.Connection
) -> None:
    tokens = await sign_in()
    await admin.execute("update auth.sessions set refreshed_at = now() - interval '8 days'")
    assert (await refresh(auth, tokens["refresh_token"])).json()["error_code"] == "session_expired"


@pytest.mark.parametrize(("scope", "mine", "other"), [("local", 403, 200), ("others", 200, 403), ("global", 403, 403)])
async def test_logout_ends_the_sessions_of_its_scope(
    auth: httpx.AsyncClient, sign_in: SignIn, scope: str, mine: int, other: int
) -> None:
    here, there = await sign_in(), await sign_in()
    answer = await auth.post(f"/logout?scope={scope}", headers=bearer(here))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await auth.get("/user", headers=bearer(here))).status_code == mine
    assert (await auth.get("/user", headers=bearer(there))).status_code == other
    assert (await refresh(auth, here["refresh_token"])).status_code == (200 if mine == 200 else 400)


async def test_a_token_of_nobody_is_refused(auth: httpx.AsyncClient, sign_in: SignIn) -> None:
    assert (await auth.get("/user")).json()["error_code"] == "no_authorization"
    broken = {"authorization": f"Bearer {(await sign_in())['access_token'][:-8]}AAAAAAAA"}
    assert (await auth.get("/user", headers=broken)).json()["error_code"] == "bad_jwt"
    assert (await auth.post("/logout?scope=all", headers=bearer(await sign_in()))).json()["code"] == 400


def test_it_refuses_to_run_outside_the_stack() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "medtime_backend.local.gateway"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (1, "The local auth server is started by `medtime dev` only.\n")


def test_it_refuses_to_run_in_production_even_inside_the_stack() -> None:
    with pytest.raises(StackError, match="never runs in production"):
        AuthSettings.from_environment({"MEDTIME_LOCAL_AUTH": "stack", "MEDTIME_ENVIRONMENT": "Production "})
