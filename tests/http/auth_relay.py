"""The service in front of a twin of Auth, and what is asked of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from medtime_backend.local.options import StackInfo
from tests.http.auth_twin import AuthTwin, auth_twin
from tests.http.own_service import service
from tests.http.problems import CANARY

USER = {
    "id": str(uuid4()),
    "aud": "authenticated",
    "role": "authenticated",
    "email": f"{CANARY}@example.org",
    "app_metadata": {"provider": "email"},
    "user_metadata": {},
    "created_at": "2026-11-25T08:00:00Z",
    "something_new": {"that": "no model knows"},
}
TOKENS = {
    "access_token": f"{CANARY}.access",
    "token_type": "bearer",
    "expires_in": 3600,
    "expires_at": 1_790_000_000,
    "refresh_token": f"{CANARY}-next",
    "user": USER,
    "weak_password": {"reasons": ["pwned"], "message": "weak"},
    "provider_token": None,
}
GRANTS: dict[str, dict[str, Any]] = {
    "password": {"email": f"{CANARY}@example.org", "password": f"{CANARY}-password"},
    "refresh_token": {"refresh_token": f"{CANARY}-refresh"},
    "id_token": {"provider": "google", "id_token": f"{CANARY}.id", "nonce": f"{CANARY}-nonce"},
    "pkce": {"auth_code": f"{CANARY}-code", "code_verifier": f"{CANARY}-verifier"},
}


class Relay:
    """The service in front of the twin."""

    def __init__(self, twin: AuthTwin, http: httpx.AsyncClient) -> None:
        self.twin = twin
        self.http = http

    async def ask(self, grant: str, body: Any = None, **options: Any) -> httpx.Response:
        given = GRANTS[grant] if body is None else body
        return await self.http.post("/auth/token", params={"grant_type": grant}, json=given, **options)


@asynccontextmanager
async def relay_to_twin(stack: StackInfo, **settings: str) -> AsyncIterator[Relay]:
    """A service whose Auth is the twin, and which believes X-Forwarded-For."""
    given = {"auth_api_key": "sb_publishable_x", "auth_timeout": "3", "trusted_proxies": "127.0.0.0/8", **settings}
    async with (
        auth_twin() as twin,
        service(stack, auth_url=twin.url, **given) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        yield Relay(twin, http)
