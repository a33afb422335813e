"""The endpoints below /auth/v1 that every client uses."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from medtime_backend.local.auth_server.answers import token_answer, user_answer
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.grants import GRANTS, Grant, sign_up
from medtime_backend.local.auth_server.queries import statement
from medtime_backend.local.auth_server.requests import HttpRequest, authenticate, caller_of, fields_of
from medtime_backend.local.auth_server.sessions import Session

LOGOUT_SCOPES = ("global", "local", "others")


@post("/signup", status_code=200)
async def signup(request: HttpRequest, auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Make a user and sign in."""
    return await _give_tokens(request, auth, sign_up)


@post("/token", status_code=200)
async def token(request: HttpRequest, auth: NamedDependency[Auth], grant_type: str = "") -> dict[str, Any]:
    """Give tokens for a password, a refresh token, an ID token or a code."""
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise AuthError(400, "invalid_credentials", "unsupported_grant_type")
    return await _give_tokens(request, auth, grant)


@get("/user")
async def user(request: HttpRequest, auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Show the user of the token."""
    async with auth.pool.acquire() as connection:
        user_id, _ = await authenticate(request, auth, connection)
        return await user_answer(connection, user_id)


@post("/logout", status_code=204)
async def logout(
    request: HttpRequest,
    auth: NamedDependency[Auth],
    # `scope` itself is a reserved name of Litestar.
    logout_scope: Annotated[str, QueryParameter(name="scope")] = "global",
) -> None:
    """End sessions: all of the user, this one (local) or all but this one (others)."""
    if logout_scope not in LOGOUT_SCOPES:
        raise AuthError(400, "validation_failed", f'Unsupported logout scope "{logout_scope}"')
    async with auth.pool.acquire() as connection:
        user_id, session_id = await authenticate(request, auth, connection)
        await connection.execute(statement("end_sessions"), user_id, session_id, logout_scope)


@get("/.well-known/jwks.json")
async def jwks(auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Publish the keys that verify access tokens."""
    return auth.keys.jwks()


@get("/health")
async def health() -> dict[str, str]:
    """Tell that the server answers."""
    return {"name": "medtime-local-auth", "description": "Stands in for Supabase Auth in the embedded stack"}


async def _give_tokens(request: HttpRequest, auth: Auth, grant: Grant) -> dict[str, Any]:
    """Sign in and sign, all or nothing: when the hook refuses, the refresh token is not used up."""
    fields = await fields_of(request)
    async with auth.pool.acquire() as connection, connection.transaction():
        outcome = await grant(auth, connection, fields, caller_of(request))
        if isinstance(outcome, Session):
            return await token_answer(auth, connection, outcome)
    raise outcome
