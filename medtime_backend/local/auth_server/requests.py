"""What a request says: its fields, where it comes from, whose it is."""

from __future__ import annotations

import hmac
import uuid
from typing import Any

import asyncpg
import jwt
from litestar import Request
from litestar.exceptions import SerializationException

from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.queries import statement
from medtime_backend.local.auth_server.sessions import Caller
from medtime_backend.local.tokens import ALGORITHM

HttpRequest = Request[Any, Any, Any]


async def fields_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of the body. Raises AuthError."""
    try:
        fields = await request.json()
    except SerializationException as error:
        raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
    if not isinstance(fields, dict):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON")
    return fields


def text_of(fields: dict[str, Any], name: str) -> str:
    """Return a text that must be there. Raises AuthError."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise AuthError(400, "validation_failed", f"{name} is missing")
    return value


def object_of(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object, empty if it is not there. Raises AuthError for anything else."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthError(400, "validation_failed", f"{name} is no object")
    return value


def caller_of(request: HttpRequest) -> Caller:
    """Return where a request comes from."""
    return Caller(request.headers.get("user-agent", ""), request.client.host if request.client else None)


async def authenticate(request: HttpRequest, auth: Auth, connection: asyncpg.Connection) -> tuple[uuid.UUID, uuid.UUID]:
    """Return user and session of a valid token whose session still exists. Raises AuthError."""
    bearer = _bearer_of(request)
    try:
        claims = jwt.decode(
            bearer,
            auth.keys.find(str(jwt.get_unverified_header(bearer).get("kid"))),
            algorithms=[ALGORITHM],
            issuer=auth.settings.issuer,
            # The hook decides the audience, so Auth takes the token's own.
            options={"verify_aud": False},
        )
        user_id, session_id = uuid.UUID(claims["sub"]), uuid.UUID(claims["session_id"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        message = f"invalid JWT: unable to parse or verify signature, {error}"
        raise AuthError(403, "bad_jwt", message) from error
    if not await connection.fetchval(statement("session_exists"), session_id, user_id):
        raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user_id, session_id


def require_admin(request: HttpRequest, auth: Auth) -> None:
    """Let only the holder of the secret key pass. Raises AuthError."""
    if not hmac.compare_digest(_bearer_of(request).encode(), auth.settings.secret_key.encode()):
        raise AuthError(403, "not_admin", "User not allowed")


def _bearer_of(request: HttpRequest) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    return bearer.strip()
