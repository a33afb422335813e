"""Who is asked: each persona is a database role with the claims that come with it."""

from __future__ import annotations

from typing import Final

import msgspec


class Persona(msgspec.Struct, frozen=True):
    """One kind of caller.

    `role` is the database role. `user` names the seeded user whose `sub` the claims carry; empty for who is no
    user. `links` are the family links seeded for it, as caregiver: {owner persona: status}.
    """

    name: str
    role: str
    user: str = ""
    tier: str = ""
    anonymous: bool = False
    links: tuple[tuple[str, str], ...] = ()


PERSONAS: Final = (
    Persona("anon", "anon"),
    Persona("owner", "authenticated", "owner", "free"),
    Persona("stranger", "authenticated", "stranger", "free"),
    Persona("caregiver pending", "authenticated", "caregiver pending", "free", links=(("owner", "pending"),)),
    Persona("caregiver active", "authenticated", "caregiver active", "free", links=(("owner", "active"),)),
    Persona("caregiver revoked", "authenticated", "caregiver revoked", "free", links=(("owner", "revoked"),)),
    Persona("caregiver elsewhere", "authenticated", "caregiver elsewhere", "free", links=(("other owner", "active"),)),
    Persona("tier free", "authenticated", "tier free", "free"),
    Persona("tier pro", "authenticated", "tier pro", "pro"),
    Persona("tier perfect", "authenticated", "tier perfect", "perfect"),
    Persona("anonymous user", "authenticated", "anonymous user", "free", anonymous=True),
    Persona("medtime_service", "medtime_service"),
    Persona("service_role", "service_role"),
    Persona("authenticator", "authenticator"),
    Persona("supabase_auth_admin", "supabase_auth_admin"),
)
EVERY_USER: Final = "every user"
"""In a declaration: all personas that are users. A persona named by itself comes before it."""
EVERYONE: Final = "everyone"
"""In a declaration: all personas."""
NAMES: Final = tuple(persona.name for persona in PERSONAS)
USERS: Final = tuple(persona.name for persona in PERSONAS if persona.user)
