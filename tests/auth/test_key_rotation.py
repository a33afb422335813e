"""The signing key can be changed while tokens of the old one are about (issue 3)."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jwt
import pytest

from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.auth.calls import bearer, sign_up
from tests.http.own_service import service

pytestmark = pytest.mark.xdist_group("own-auth")

ROTATE = "/test-issuer/rotate-signing-key"


def key_id_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def published(auth: httpx.AsyncClient) -> list[str]:
    keys = (await auth.get("/.well-known/jwks.json")).json()["keys"]
    # Never anything private.
    assert {name for key in keys for name in key} == {"kty", "use", "key_ops", "alg", "kid", "n", "e"}
    return [key["kid"] for key in keys]


async def test_a_new_key_signs_and_the_old_one_still_verifies(
    own_stack: StackInfo, own_auth: httpx.AsyncClient, new_email: Callable[[], str]
) -> None:
    old_key = SigningKey.load(own_stack.signing_key)
    before = await published(own_auth)
    old = await sign_up(own_auth, new_email())
    answer = await own_auth.post(ROTATE, headers=bearer(own_stack.secret_key))
    assert answer.status_code == 200
    new_key = SigningKey.load(own_stack.signing_key)
    assert answer.json() == {"kid": new_key.key_id}
    assert await published(own_auth) == [new_key.key_id, *before]
    new = await sign_up(own_auth, new_email())
    assert [key_id_of(tokens["access_token"]) for tokens in (old, new)] == [old_key.key_id, new_key.key_id]

    session = jwt.decode(old["access_token"], options={"verify_signature": False})["session_id"]
    minted = mint(old_key, TokenClaims(old["user"]["id"], session_id=session))
    async with service(own_stack) as address, httpx.AsyncClient(base_url=address) as http:
        for token in (old["access_token"], new["access_token"], minted):
            assert (await own_auth.get("/user", headers=bearer(token))).status_code == 200
            assert (await http.get("/sync/status", headers=bearer(token))).status_code == 200


async def test_only_an_admin_rotates(
    own_stack: StackInfo, own_auth: httpx.AsyncClient, new_email: Callable[[], str]
) -> None:
    before = await published(own_auth)
    for key in (own_stack.publishable_key, (await sign_up(own_auth, new_email()))["access_token"]):
        answer = await own_auth.post(ROTATE, headers=bearer(key))
        assert (answer.status_code, answer.json()["error_code"]) == (403, "not_admin")
    assert (await own_auth.post(ROTATE)).status_code == 401
    assert await published(own_auth) == before


@pytest.fixture
def settings(tmp_path: Path) -> AuthSettings:
    paths = {name: tmp_path / name for name in ("signing_key", "retired_keys", "issuer_key")}
    SigningKey.create(paths["signing_key"])
    return AuthSettings(port=1, database_url="", secret_key="", issuer="", audience="", **paths)


def test_the_keys_outlive_a_restart(settings: AuthSettings) -> None:
    ring = KeyRing(settings)
    ring.rotate()
    ring.rotate()
    assert KeyRing(settings).jwks() == ring.jwks()
    assert len(ring.jwks()["keys"]) == 3


def test_rotations_at_once_lose_no_key(settings: AuthSettings) -> None:
    ring = KeyRing(settings)
    with ThreadPoolExecutor(4) as pool:
        made = {future.result() for future in [pool.submit(ring.rotate) for _ in range(4)]}
    assert made < {key["kid"] for key in ring.jwks()["keys"]}
    assert SigningKey.load(settings.signing_key).key_id == ring.current.key_id


def test_a_rotation_that_was_cut_short_loses_no_key(settings: AuthSettings) -> None:
    ring = KeyRing(settings)
    first = settings.signing_key.read_bytes()
    ring.rotate()
    # As after a kill between the two writes: retired, and still there to sign.
    settings.signing_key.write_bytes(first)
    restarted = KeyRing(settings)
    assert [key["kid"] for key in restarted.jwks()["keys"]] == [restarted.current.key_id]


def test_the_files_are_for_their_owner_only(settings: AuthSettings) -> None:
    KeyRing(settings).rotate()
    for path in (settings.signing_key, settings.retired_keys):
        assert path.stat().st_mode & 0o777 == 0o600
    assert "d" not in json.loads(settings.retired_keys.read_text())["keys"][0]
