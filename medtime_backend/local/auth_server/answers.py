"""What the endpoints answer, in the shapes of Supabase Auth."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg

from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.hook import claims_by_hook, hook_exists
from medtime_backend.local.auth_server.queries import statement
from medtime_backend.local.auth_server.sessions import Session
from medtime_backend.local.tokens import TokenClaims, sign


async def user_answer(connection: asyncpg.Connection, user_id: uuid.UUID) -> dict[str, Any]:
    """Return the user object. Raises AuthError if there is no such user."""
    row = await connection.fetchrow(statement("user_answer"), user_id)
    if row is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    return {
        "id": str(row["id"]),
        "aud": row["aud"],
        "role": row["role"],
        "email": row["email"],
        "email_confirmed_at": _text(row["email_confirmed_at"]),
        "phone": row["phone"] or "",
        "confirmed_at": _text(row["confirmed_at"]),
        "last_sign_in_at": _text(row["last_sign_in_at"]),
        "app_metadata": json.loads(row["raw_app_meta_data"] or "{}"),
        "user_metadata": json.loads(row["raw_user_meta_data"] or "{}"),
        "identities": json.loads(row["identities"]),
        "created_at": _text(row["created_at"]),
        "updated_at": _text(row["updated_at"]),
        "is_anonymous": row["is_anonymous"],
    }


async def token_answer(auth: Auth, connection: asyncpg.Connection, session: Session) -> dict[str, Any]:
    """Return the answer of the token endpoint. Raises AuthError if the hook does not let the claims through."""
    user = await user_answer(connection, session.user_id)
    hooked = await hook_exists(connection)
    claims = TokenClaims(
        user_id=user["id"],
        email=user["email"] or "",
        session_id=str(session.session_id),
        issuer=auth.settings.issuer,
        # The hook gets what Auth itself would sign: the user's audience, and no tier.
        audience=user["aud"] if hooked else auth.settings.audience,
        app_metadata=user["app_metadata"],
        user_metadata=user["user_metadata"],
        is_anonymous=user["is_anonymous"],
        amr_method=session.method,
        signed_in_at=int(session.signed_in_at.timestamp()),
        extra={"tier": None} if hooked else {},
    )
    payload = claims.as_payload()
    if hooked:
        method = "token_refresh" if session.refreshed else session.method
        payload = await claims_by_hook(connection, payload, method)
    return {
        "access_token": sign(auth.keys.current, payload),
        "token_type": "bearer",
        "expires_in": claims.lifetime,
        "expires_at": claims.expires_at,
        "refresh_token": session.refresh_token,
        "user": user,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
