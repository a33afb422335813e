"""The claims a persona comes with, in the shape of Supabase Auth's access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from medtime_backend.audit.personas import Persona

LIFETIME: Final = 3600
NO_CLAIMS: Final = "{}"
API_ROLES: Final = ("anon", "service_role")


def claims_of(persona: Persona, users: Mapping[str, UUID], now: int) -> str:
    """The claims as JSON text: what Supabase's REST layer puts into request.jwt.claims.

    `now` is in seconds since 1970. Roles that log in by themselves come without claims.
    """
    if not persona.user:
        return msgspec.json.encode({"role": persona.role}).decode() if persona.role in API_ROLES else NO_CLAIMS
    claims = {
        "iss": "https://auth.medtime.app",
        "aud": "medtime-api",
        "iat": now,
        "exp": now + LIFETIME,
        "sub": str(users[persona.user]),
        "role": persona.role,
        "aal": "aal1",
        "session_id": str(UUID(int=users[persona.user].int ^ 1)),
        "email": "" if persona.anonymous else address_of(persona.user),
        "phone": "",
        "is_anonymous": persona.anonymous,
        "amr": [{"method": "anonymous" if persona.anonymous else "password", "timestamp": now}],
        "app_metadata": {} if persona.anonymous else {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "tier": persona.tier,
    }
    return msgspec.json.encode(claims).decode()


def address_of(user: str) -> str:
    """The e-mail address of a seeded user."""
    return f"{user.replace(' ', '-')}@audit.medtime.app"
