"""Passwords: the rules for new ones, their bcrypt hashes."""

from __future__ import annotations

import asyncio

import bcrypt

from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.credentials import BCRYPT_ROUNDS

# minimum_password_length of supabase/config.toml.
SHORTEST = 10
# bcrypt reads no more.
LONGEST_BYTES = 72


def check_strength(password: str) -> None:
    """Refuse a short password. Raises AuthError."""
    if len(password) < SHORTEST:
        message = f"Password should be at least {SHORTEST} characters."
        raise AuthError(422, "weak_password", message, {"weak_password": {"reasons": ["length"]}})


async def hash_of(password: str) -> str:
    """Return the bcrypt hash. Raises AuthError for a password that bcrypt would cut."""
    if len(password.encode()) > LONGEST_BYTES:
        message = f"Password cannot be longer than {LONGEST_BYTES} characters"
        raise AuthError(400, "validation_failed", message)
    salt = bcrypt.gensalt(BCRYPT_ROUNDS, prefix=b"2a")
    return (await asyncio.to_thread(bcrypt.hashpw, password.encode(), salt)).decode()


async def fits(password: str, hashed: str | None) -> bool:
    """Tell whether the password is the hashed one. Auth, too, cuts a longer one."""
    secret = password.encode()[:LONGEST_BYTES]
    return bool(hashed) and await asyncio.to_thread(bcrypt.checkpw, secret, str(hashed).encode())
