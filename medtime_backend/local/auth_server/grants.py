"""The ways to a session: each checks what the client brings and answers the session, or why there is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import asyncpg

from medtime_backend.local.auth_server import passwords, sessions
from medtime_backend.local.auth_server.accounts import NewUser, add_email_user, check_email, user_of_profile
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError, OAuthError
from medtime_backend.local.auth_server.issuer import check_nonce
from medtime_backend.local.auth_server.queries import statement
from medtime_backend.local.auth_server.requests import object_of, text_of
from medtime_backend.local.auth_server.sessions import Caller, Session, start_session

Fields = dict[str, Any]
Outcome = Session | AuthError
"""A refusal that is answered instead of raised: what came with it is to be committed."""
Grant = Callable[[Auth, asyncpg.Connection, Fields, Caller], Awaitable[Outcome]]


async def sign_up(_: Auth, connection: asyncpg.Connection, fields: Fields, caller: Caller) -> Outcome:
    """Make a user, confirmed at once, and sign in. Raises AuthError."""
    email, password, metadata = text_of(fields, "email"), text_of(fields, "password"), object_of(fields, "data")
    check_email(email)
    passwords.check_strength(password)
    hashed = await passwords.hash_of(password)
    user_id = await add_email_user(connection, NewUser(email, hashed, user_metadata=metadata))
    if user_id is None:
        raise AuthError(422, "user_already_exists", "User already registered")
    return await start_session(connection, user_id, "password", caller)


async def by_password(_: Auth, connection: asyncpg.Connection, fields: Fields, caller: Caller) -> Outcome:
    """Check the password. Raises AuthError."""
    email, password = str(fields.get("email") or ""), str(fields.get("password") or "")
    if not email:
        raise AuthError(400, "validation_failed", "missing email or phone")
    user = await connection.fetchrow(statement("user_by_email"), email)
    if user is None or not await passwords.fits(password, user["encrypted_password"]):
        raise AuthError(400, "invalid_credentials", "Invalid login credentials")
    if user["banned"]:
        raise AuthError(400, "user_banned", "User is banned")
    if not user["confirmed"]:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    return await start_session(connection, user["id"], "password", caller)


async def by_refresh_token(_: Auth, connection: asyncpg.Connection, fields: Fields, caller: Caller) -> Outcome:
    """Rotate the refresh token. Raises OAuthError."""
    token = fields.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise OAuthError("invalid_request", "refresh_token required")
    return await sessions.refresh(connection, token, caller)


async def by_id_token(auth: Auth, connection: asyncpg.Connection, fields: Fields, caller: Caller) -> Outcome:
    """Verify what a provider says of the user. Raises AuthError, OAuthError."""
    for name in ("id_token", "provider"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise OAuthError("invalid request", f"{name} required")
    profile = auth.issuer.read(fields["provider"], fields["id_token"])
    check_nonce(profile, str(fields.get("nonce") or ""))
    return await start_session(connection, await user_of_profile(connection, profile), "oauth", caller)


async def by_code(auth: Auth, connection: asyncpg.Connection, fields: Fields, caller: Caller) -> Outcome:
    """Exchange the code of a sign-in in a browser. Raises AuthError."""
    code, verifier = fields.get("auth_code"), fields.get("code_verifier")
    if not isinstance(code, str) or not isinstance(verifier, str) or not code or not verifier:
        message = "invalid request: both auth code and code verifier should be non-empty"
        raise AuthError(400, "validation_failed", message)
    return await start_session(connection, auth.flows.redeem(code, verifier), "oauth", caller)


GRANTS: Final[Mapping[str, Grant]] = {
    "password": by_password,
    "refresh_token": by_refresh_token,
    "id_token": by_id_token,
    "pkce": by_code,
}
