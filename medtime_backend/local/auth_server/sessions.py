"""Sessions and refresh tokens in the auth schema, by the rules of Supabase Auth."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.queries import statement


@dataclass(frozen=True)
class Session:
    """A signed-in device and the refresh token it gets now.

    `method` is how the user signed in (`password` or `oauth`); it and the moment are the claim amr, also after a
    refresh.
    """

    session_id: uuid.UUID
    user_id: uuid.UUID
    refresh_token: str
    method: str
    signed_in_at: datetime
    refreshed: bool = False


@dataclass(frozen=True)
class Caller:
    """Where a request comes from, as the session row notes it."""

    user_agent: str
    address: str | None


async def start_session(connection: asyncpg.Connection, user_id: uuid.UUID, method: str, caller: Caller) -> Session:
    """Start a session of a user who has proved who they are. Call it within a transaction."""
    session_id, token = uuid.uuid4(), _new_token()
    signed_in_at = await connection.fetchval(
        statement("start_session"), session_id, user_id, caller.user_agent, caller.address
    )
    await connection.execute(statement("add_amr"), uuid.uuid4(), session_id, method)
    await connection.execute(statement("add_refresh_token"), token, user_id, None, session_id)
    return Session(session_id, user_id, token, method, signed_in_at)


async def refresh(connection: asyncpg.Connection, token: str, caller: Caller) -> Session | AuthError:
    """Rotate a refresh token. Call it within a transaction, and commit that after a refusal, too.

    One that was used before is still good when its successor was not (the answer got lost) or within ten seconds;
    otherwise all tokens of the session are revoked.
    """
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
    return Session(
        session["id"], session["user_id"], successor, session["method"], session["signed_in_at"], refreshed=True
    )


def _new_token() -> str:
    """Return twelve characters of a small alphabet, as Auth's own tokens are."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(secrets.choice(alphabet) for _ in range(12))
