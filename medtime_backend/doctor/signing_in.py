"""Signs in once for all checks, and out again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
from pydantic import ValidationError
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage
from supabase_auth.errors import AuthError

from medtime_backend.doctor.deployment import Deployment

SECONDS = 5.0


class NotSignedInError(Exception):
    """There is no token; the text says why, and nothing of the password."""


class SignedInUser:
    """The user of a deployment's credentials. The first check that asks for the token signs in, others wait for it."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._turn = asyncio.Lock()
        self._token: str | None = None
        self._fault: NotSignedInError | None = None

    async def token(self) -> str:
        """A fresh access token. Raises NotSignedInError."""
        async with self._turn:
            if self._token is None and self._fault is None:
                try:
                    self._token = await self._sign_in()
                except NotSignedInError as fault:
                    self._fault = fault
        if self._token is None:
            raise self._fault or NotSignedInError("no answer in time")
        return self._token

    async def leave(self) -> None:
        """End the session that was begun here, and no other of the user."""
        if self._token is not None:
            async with self._client() as auth:
                with suppress(AuthError, ValidationError, TimeoutError, httpx.HTTPError):
                    await auth.admin.sign_out(self._token, "local")

    async def _sign_in(self) -> str:
        credentials = self._deployment.credentials
        if credentials is None:
            raise NotSignedInError("no user was given (--user EMAIL --password-from FILE)")
        if not self._deployment.auth_url:
            raise NotSignedInError("no address of Supabase Auth is known (SUPABASE_URL)")
        async with self._client() as auth:
            try:
                answer = await auth.sign_in_with_password(
                    {"email": credentials.email, "password": credentials.password}
                )
            except AuthError as fault:
                raise NotSignedInError(f"Auth refuses the sign-in ({fault.code or type(fault).__name__})") from None
            except (ValidationError, httpx.HTTPError, TimeoutError, ValueError) as fault:
                raise NotSignedInError(f"Auth cannot be used ({type(fault).__name__})") from None
        if answer.session is None:
            raise NotSignedInError("Auth gives no session: the address may not be confirmed yet")
        return answer.session.access_token

    def _client(self) -> AsyncGoTrueClient:
        # Of its own, and keeping nothing: no session of the machine's is met or left behind.
        key = self._deployment.publishable_key
        return AsyncGoTrueClient(
            url=self._deployment.auth_url,
            headers={"apikey": key} if key else {},
            auto_refresh_token=False,
            persist_session=False,
            storage=AsyncMemoryStorage(),
            http_client=httpx.AsyncClient(timeout=SECONDS, follow_redirects=False),
        )
