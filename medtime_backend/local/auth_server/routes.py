"""The endpoints below /auth/v1."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Any

import asyncpg
import jwt
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import SerializationException
from litestar.params import QueryParameter

from medtime_backend.local.auth_server.answers import token_answer, user_answer
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.sessions import Caller, refresh, sign_in, statement
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.tokens import ALGORITHM, SigningKey

LOGOUT_SCOPES = ("global", "local", "others")


@dataclass(frozen=True)
class Auth:
    """What every endpoint needs."""

    settings: AuthSettings
    key: SigningKey
    pool: asyncpg.Pool


@post("/token", status_code=200)
async def token(request: Request[Any, Any, Any], auth: NamedDependency[Auth], grant_type: str = "") -> dict[str, Any]:
    """Give tokens for a password or a refresh token."""
    fields = await _read_fields(request)
    caller = Caller(request.headers.get("user-agent", ""), request.client.host if request.client else None)
    async with auth.pool.acquire() as connection:
        if grant_type == "password":
            email, password = _text(fields, "email"), _text(fields, "password")
            session = await sign_in(connection, email, password, caller)
        elif grant_type == "refresh_token":
            session = await refresh(connection, _text(fields, "refresh_token"), caller)
        else:
            raise AuthError(400, "invalid_credentials", "unsupported_grant_type")
        user = await user_answer(connection, session.user_id)
    return token_answer(auth.key, auth.settings, session, user)


@get("/user")
async def user(request: Request[Any, Any, Any], auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Show the user of the token."""
    async with auth.pool.acquire() as connection:
        user_id, _ = await _authenticate(request, auth, connection)
        return await user_answer(connection, user_id)


@post("/logout", status_code=204)
async def logout(
    request: Request[Any, Any, Any],
    auth: NamedDependency[Auth],
    # `scope` itself is a reserved name of Litestar.
    logout_scope: Annotated[str, QueryParameter(name="scope")] = "global",
) -> None:
    """End sessions: all of the user, this one (local) or all but this one (others)."""
    if logout_scope not in LOGOUT_SCOPES:
        raise AuthError(400, "validation_failed", f'Unsupported logout scope "{logout_scope}"')
    async with auth.pool.acquire() as connection:
        user_id, session_id = await _authenticate(request, auth, connection)
        await connection.execute(statement("end_sessions"), user_id, session_id, logout_scope)


@get("/.well-known/jwks.json")
async def jwks(auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Publish the key that verifies access tokens."""
    return auth.key.jwks()


@get("/health")
async def health() -> dict[str, str]:
    """Tell that the server answers."""
    return {"name": "medtime-local-auth", "description": "Stands in for Supabase Auth in the embedded stack"}


async def _authenticate(
    request: Request[Any, Any, Any], auth: Auth, connection: asyncpg.Connection
) -> tuple[uuid.UUID, uuid.UUID]:
    """Return user and session of a valid token whose session still exists. Raises AuthError."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer:
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        claims = jwt.decode(
            bearer.strip(),
            auth.key.private_key.public_key(),
            algorithms=[ALGORITHM],
            audience=auth.settings.audience,
            issuer=auth.settings.issuer,
        )
        user_id, session_id = uuid.UUID(claims["sub"]), uuid.UUID(claims["session_id"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
        message = f"invalid JWT: unable to parse or verify signature, {error}"
        raise AuthError(403, "bad_jwt", message) from error
    if not await connection.fetchval(statement("session_exists"), session_id, user_id):
        raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user_id, session_id


async def _read_fields(request: Request[Any, Any, Any]) -> dict[str, Any]:
    try:
        fields = await request.json()
    except SerializationException as error:
        raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
    return fields if isinstance(fields, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise AuthError(400, "validation_failed", f"{name} is missing")
    return value
