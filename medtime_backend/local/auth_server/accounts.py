"""Users: made by a sign-up, by an admin, or by the first sign-in with a provider."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.issuer import Profile
from medtime_backend.local.auth_server.queries import statement

EMAIL = re.compile(r"[^@\s\x00]+@[^@\s\x00]+")
LONGEST_EMAIL = 255


@dataclass(frozen=True)
class NewUser:
    """A user to make. Without a password the only way in is a provider."""

    email: str
    password_hash: str | None = None
    confirmed: bool = True
    app_metadata: Mapping[str, Any] = field(default_factory=dict)
    user_metadata: Mapping[str, Any] = field(default_factory=dict)


def check_email(email: str) -> None:
    """Refuse what is no address. Raises AuthError."""
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise AuthError(400, "validation_failed", "Unable to validate email address: invalid format")


async def add_user(connection: asyncpg.Connection, new: NewUser) -> uuid.UUID | None:
    """Make a user without identities; None if somebody has the address."""
    user_id: uuid.UUID | None = await connection.fetchval(
        statement("add_user"),
        uuid.uuid4(),
        new.email,
        new.password_hash,
        new.confirmed,
        json.dumps(dict(new.app_metadata)),
        json.dumps(dict(new.user_metadata)),
    )
    return user_id


async def add_email_user(connection: asyncpg.Connection, new: NewUser) -> uuid.UUID | None:
    """Make a user who signs in by e-mail and password; None if somebody has the address."""
    app_metadata = {"provider": "email", "providers": ["email"], **new.app_metadata}
    user_id = await add_user(
        connection, NewUser(new.email, new.password_hash, new.confirmed, app_metadata, new.user_metadata)
    )
    if user_id is not None:
        identity = {
            "sub": str(user_id),
            "email": new.email.lower(),
            "email_verified": new.confirmed,
            "phone_verified": False,
        }
        await connection.execute(statement("keep_identity"), str(user_id), user_id, json.dumps(identity), "email")
    return user_id


async def user_of_profile(connection: asyncpg.Connection, profile: Profile) -> uuid.UUID:
    """Find the user by identity, then by e-mail address, or make one. Raises AuthError.

    An address that the provider has not verified finds and makes nobody: it could be anybody's.
    """
    user = await connection.fetchrow(statement("user_by_identity"), profile.subject, profile.provider)
    user_id = None if user is None else user["id"]
    if user is None:
        if not profile.email_verified:
            name = profile.provider
            message = f"Unverified email with {name}. Verify the email with {name} in order to sign in"
            raise AuthError(422, "provider_email_needs_verification", message)
        check_email(profile.email)
        user_id = await add_user(connection, NewUser(profile.email, user_metadata=profile.identity_data()))
        if user_id is None:
            user = await connection.fetchrow(statement("user_by_email"), profile.email)
            user_id = user["id"]
            await connection.execute(statement("take_over_unconfirmed"), user_id)
    if user is not None and user["banned"]:
        raise AuthError(400, "user_banned", "User is banned")
    await connection.execute(
        statement("keep_identity"), profile.subject, user_id, json.dumps(profile.identity_data()), profile.provider
    )
    return uuid.UUID(str(user_id))
