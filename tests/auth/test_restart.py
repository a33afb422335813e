"""A stack that is started again on its data knows its keys, and tokens of before are good at the new service."""

from pathlib import Path

import httpx

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.auth.calls import bearer, grant, refresh, sign_up

EMAIL = "eva@test.medtime.app"


async def rotated(info: StackInfo) -> tuple[dict[str, str], dict[str, str]]:
    """Tokens of the key before a rotation and of the key after it."""
    async with httpx.AsyncClient(base_url=info.auth_url, timeout=30) as auth:
        old = await sign_up(auth, EMAIL)
        answer = await auth.post("/test-issuer/rotate-signing-key", headers=bearer(info.secret_key))
        assert answer.status_code == 200
        new = (await grant(auth, "password", email=EMAIL, password="correct horse")).json()
    return old, new


async def test_keys_and_sessions_outlive_the_stack(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    with Stack(StackOptions(data_dir=folder, durable=False, service=False)) as info:
        old, new = await rotated(info)
    with Stack(StackOptions(data_dir=folder, durable=False)) as again:
        assert (again.secret_key, again.publishable_key) == (info.secret_key, info.publishable_key)
        async with (
            httpx.AsyncClient(base_url=again.auth_url, timeout=30) as auth,
            httpx.AsyncClient(base_url=again.base_url, timeout=30) as http,
        ):
            assert len((await auth.get("/.well-known/jwks.json")).json()["keys"]) == 2
            for tokens in (old, new):
                headers = bearer(tokens["access_token"])
                assert (await auth.get("/user", headers=headers)).status_code == 200
                assert (await http.get("/sync/status", headers=headers)).status_code == 200
                assert (await refresh(auth, tokens["refresh_token"])).status_code == 200
