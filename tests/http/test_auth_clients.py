"""Clients of Auth, unchanged, with the service in place of Auth: every grant at the stack's own auth server (P28)."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage
from supabase_auth.errors import AuthApiError

from medtime_backend.local.options import StackInfo
from tests.auth.calls import authorize, code_of, id_token, verifier_and_challenge
from tests.http.bearer import bearer
from tests.http.problems import problem_of

pytestmark = pytest.mark.xdist_group("auth")

DENO = str(Path(sys.executable).with_name("deno"))
SCRIPT = Path(__file__).with_suffix(".ts")
Connect = Callable[[], AsyncGoTrueClient]


@pytest.fixture
async def connect(stack: StackInfo) -> AsyncIterator[Connect]:
    """Make clients of Auth that take the service for it."""
    async with httpx.AsyncClient(timeout=30) as http:
        yield lambda: AsyncGoTrueClient(
            url=f"{stack.base_url}/auth", storage=AsyncMemoryStorage(), auto_refresh_token=False, http_client=http
        )


@pytest.fixture
async def auth(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.auth_url, timeout=30) as http:
        yield http


def new_email() -> str:
    return f"{uuid4()}@test.medtime.app"


def test_supabase_js(stack: StackInfo) -> None:
    user = stack.users[0]
    environment = os.environ | {
        "NO_COLOR": "1",
        "AUTH": stack.auth_url,
        "SERVICE": stack.base_url,
        "EMAIL": user.email,
        "PASSWORD": user.password,
    }

    def deno(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - a script of ours
            [DENO, *arguments, str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    fetched = deno("cache")
    if fetched.returncode != 0:
        pytest.skip(f"the official client cannot be fetched from npm: {fetched.stderr.strip()[-200:]}")
    answer = deno("run", "-A")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == ["password, refresh, sign out", "id token", "pkce", "refusals"]


async def test_supabase_py_keeps_users_apart(
    connect: Connect, auth: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    """Twelve people sign in at once: each is given the session of nobody else."""

    async def sign_in() -> None:
        email = new_email()
        token = await id_token(auth, email, provider="apple", nonce=hashlib.sha256(b"a nonce").hexdigest())
        client = connect()
        given = await client.sign_in_with_id_token({"provider": "apple", "token": token, "nonce": "a nonce"})
        refreshed = await client.refresh_session()
        assert given.user is not None
        assert refreshed.user is not None
        assert refreshed.session is not None
        assert (given.user.email, refreshed.user.email) == (email, email)
        status = await anyone.get("/sync/status", headers=bearer(refreshed.session.access_token))
        assert status.status_code == 200
        await client.sign_out({"scope": "local"})
        gone = await anyone.get("/sync/status", headers=bearer(refreshed.session.access_token))
        problem_of(gone, 401, "session-ended")

    await asyncio.gather(*(sign_in() for _ in range(12)))


async def test_a_code_is_good_once_and_for_who_began(connect: Connect, auth: httpx.AsyncClient) -> None:
    verifier, challenge = verifier_and_challenge()
    code = code_of(await authorize(auth, challenge, login_hint=new_email()))
    with pytest.raises(AuthApiError) as stolen:
        await connect().exchange_code_for_session({"auth_code": code, "code_verifier": "x" * 43})
    assert (stolen.value.status, stolen.value.code) == (400, "bad_code_verifier")
    given = await connect().exchange_code_for_session({"auth_code": code, "code_verifier": verifier})
    assert given.session is not None
    with pytest.raises(AuthApiError) as again:
        await connect().exchange_code_for_session({"auth_code": code, "code_verifier": verifier})
    assert again.value.code == "flow_state_not_found"


async def test_a_nonce_of_another_sign_in(auth: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    token = await id_token(auth, new_email(), nonce=hashlib.sha256(b"mine").hexdigest())
    body = {"provider": "google", "id_token": token, "nonce": "another"}
    # As Kotlin's client does, which adds redirect_to to every sign-in.
    asked = {"grant_type": "id_token", "redirect_to": "com.medtime.app://in"}
    answer = await anyone.post("/auth/token", params=asked, json=body)
    assert problem_of(answer, 400, "auth-refused")["code"] == "invalid_nonce"
