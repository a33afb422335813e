"""Somebody with a password, who signs in, refreshes and signs out through the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from tests.accounts import add_user
from tests.http.bearer import bearer
from tests.http.problems import CANARY, problem_of

PASSWORD = f"{CANARY}-password"
# bcrypt of PASSWORD, cost 4: what a test needs is a hash, not a slow one.
HASHED = "update auth.users set encrypted_password = $2, email_confirmed_at = now() where id = $1"


@dataclass
class Person:
    """Somebody with a password, at two services that share one Redis."""

    user_id: str
    email: str
    services: tuple[str, str]
    auth_url: str
    http: httpx.AsyncClient

    async def sign_in(self) -> dict[str, Any]:
        answer = await self.grant("password", email=self.email, password=PASSWORD)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def grant(self, grant: str, instance: int = 0, **body: str) -> httpx.Response:
        return await self.http.post(f"{self.services[instance]}/auth/token", params={"grant_type": grant}, json=body)

    async def let_in(self, tokens: dict[str, Any]) -> list[bool]:
        """Whether each service serves this access token."""
        answers = [
            await self.http.get(f"{address}/sync/status", headers=bearer(tokens["access_token"]))
            for address in self.services
        ]
        for answer in answers:
            if answer.status_code != 200:
                problem_of(answer, 401, "session-ended")
        return [answer.status_code == 200 for answer in answers]

    async def sign_out(self, tokens: dict[str, Any], scope: str | None) -> httpx.Response:
        return await self.http.post(
            f"{self.services[1]}/auth/logout",
            params={"scope": scope} if scope else {},
            headers=bearer(tokens["access_token"]),
        )

    async def end_at_auth(self, tokens: dict[str, Any]) -> None:
        """End the session without the service's knowledge."""
        out = await self.http.post(f"{self.auth_url}/logout?scope=local", headers=bearer(tokens["access_token"]))
        assert out.status_code == 204


@asynccontextmanager
async def new_person(services: tuple[str, str], admin: asyncpg.Connection, auth_url: str) -> AsyncIterator[Person]:
    """Somebody new at these services."""
    import bcrypt  # noqa: PLC0415 - of the embedded stack

    user_id = await add_user(admin)
    await admin.execute(HASHED, user_id, bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    email = await admin.fetchval("select email from auth.users where id = $1", user_id)
    async with httpx.AsyncClient(timeout=30) as http:
        yield Person(str(user_id), email, services, auth_url, http)
