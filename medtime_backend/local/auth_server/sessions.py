"""Sessions and refresh tokens in the auth schema, by the rules of Supabase Auth."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import asyncpg
import bcrypt

from medtime_backend.local.auth_server.errors import AuthError

STATEMENTS = Path(__file__).with_name("statements")


@dataclass(frozen=True)
class Session:
    """A signed-in device and the refresh token it gets now."""

    session_id: uuid.UUID
    user_id: uuid.UUID
    refresh_token: str
    signed_in_at: datetime | None = None


@dataclass(frozen=True)
class Caller:
    """Where a request comes from, as the session row notes it."""

    user_agent: str
    address: str | None


@cache
def statement(name: str) -> str:
    """Return the text of statements/<name>.sql."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


async def sign_in(connection: asyncpg.Connection, email: str, password: str, caller: Caller) -> Session:
    """Check the password and start a session. Raises AuthError."""
    user = await connection.fetchrow(statement("user_by_email"), email)
    if user is None or not await _password_fits(password, user["encrypted_password"]):
        raise AuthError(400, "invalid_credentials", "Invalid login credentials")
    if user["banned"]:
        raise AuthError(400, "user_banned", "User is banned")
    if not user["confirmed"]:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    session = Session(uuid.uuid4(), user["id"], _new_token())
    async with connection.transaction():
        await connection.execute(
            statement("start_session"), session.session_id, session.user_id, caller.user_agent, caller.address
        )
        await connection.execute(
            statement("add_refresh_token"), session.refresh_token, session.user_id, None, session.session_id
        )
    return session


async def refresh(connection: asyncpg.Connection, token: str, caller: Caller) -> Session:
    """Rotate a refresh token.

    One that was used before is still good when its successor was not (the answer got lost) or within ten seconds;
    otherwise all tokens of the session are revoked. Raises AuthError.
    """
    async with connection.transaction():
        outcome = await _rotate(connection, token, caller)
    # Only now: the revocations that come with a refusal must be committed.
    if isinstance(outcome, AuthError):
        raise outcome
    return outcome


async def _rotate(connection: asyncpg.Connection, token: str, caller: Caller) -> Session | AuthError:
    session = await connection.fetchrow(statement("lock_session_of_token"), token)
    if session is None:
        return AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    if session["expired"]:
        return AuthError(400, "session_expired", "Invalid Refresh Token: Session Expired (Inactivity)")
    state = await connection.fetchrow(statement("tokens_of_session"), token)
    answer_lost = state["revoked"] and state["active_parent"] == token
    # A session without a good token was revoked as a whole; that is final.
    forgivable = state["just_changed"] and state["active_token"] is not None
    if state["revoked"] and not answer_lost and not forgivable:
        await connection.execute(statement("revoke_tokens_of_session"), session["id"])
        return AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    successor = state["active_token"] if answer_lost else _new_token()
    if not answer_lost:
        await connection.execute(statement("revoke_token"), token)
        await connection.execute(statement("add_refresh_token"), successor, session["user_id"], token, session["id"])
    await connection.execute(statement("note_refresh"), session["id"], caller.user_agent, caller.address)
    return Session(session["id"], session["user_id"], successor, session["signed_in_at"])


async def _password_fits(password: str, hashed: str | None) -> bool:
    # bcrypt reads 72 bytes at most, and Auth cuts there too.
    secret = password.encode()[:72]
    return bool(hashed) and await asyncio.to_thread(bcrypt.checkpw, secret, str(hashed).encode())


def _new_token() -> str:
    """Return twelve characters of a small alphabet, as Auth's own tokens are."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(secrets.choice(alphabet) for _ in range(12))
