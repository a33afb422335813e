"""What the endpoints answer, in the shapes of Supabase Auth."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg

from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.sessions import Session, statement
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint


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


def token_answer(key: SigningKey, settings: AuthSettings, session: Session, user: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of the token endpoint."""
    claims = TokenClaims(
        user_id=user["id"],
        email=user["email"],
        session_id=str(session.session_id),
        issuer=settings.issuer,
        audience=settings.audience,
        app_metadata=user["app_metadata"],
        user_metadata=user["user_metadata"],
        is_anonymous=user["is_anonymous"],
        signed_in_at=int(session.signed_in_at.timestamp()) if session.signed_in_at else None,
    )
    return {
        "access_token": mint(key, claims),
        "token_type": "bearer",
        "expires_in": claims.lifetime,
        "expires_at": claims.expires_at,
        "refresh_token": session.refresh_token,
        "user": user,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
