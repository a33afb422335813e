"""The keys that tokens are verified with, and a fresh token against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
import msgspec

from medtime_backend import errors
from medtime_backend.doctor.configuration import NO_SETTINGS
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.doctor.signing_in import NotSignedInError
from medtime_backend.identity import Verifier
from medtime_backend.jwks import LARGEST_SET, KeySet
from medtime_backend.settings import Settings

KEYS: Final = "signing keys (JWKS)"
TOKEN: Final = "a fresh token"  # noqa: S105 - the name of a check
MENDS: Final = {
    "wrong-issuer": "set MEDTIME_JWT_ISSUER to the `iss` of the project's tokens",
    "wrong-audience": "enable the access-token hook, or set MEDTIME_JWT_AUDIENCE (docs/operations.md)",
    "wrong-algorithm": "set MEDTIME_JWT_ALGORITHMS to the algorithm of the project's signing keys",
    "unknown-key": "check that MEDTIME_JWKS_URL is that of the project which signs the tokens",
}


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Read the keys as the service does; verify a token if there is a user to sign in as."""
    settings = visit.deployment.settings
    if settings is None:
        yield Finding(KEYS, "skipped", NO_SETTINGS)
        return
    try:
        keys = await _keys(settings, visit.http)
    except (httpx.HTTPError, OSError, ValueError, TypeError, jwt.PyJWTError, msgspec.MsgspecError) as fault:
        place = settings.jwks_file or place_of(settings.jwks_url)
        yield Finding(
            KEYS,
            "failure",
            f"{place}: {reason_of(fault)}",
            "check MEDTIME_JWKS_URL or MEDTIME_JWKS_FILE: nobody can be served",
        )
        return
    usable = [key for key in keys if key.algorithm_name in settings.jwt_algorithms and key.key_id]
    algorithms = ", ".join(sorted({key.algorithm_name for key in keys})) or "none"
    if not usable:
        yield Finding(
            KEYS,
            "failure",
            f"{len(keys)} keys ({algorithms}), none for {', '.join(settings.jwt_algorithms)}",
            "let the project sign with asymmetric keys, and name their algorithm in MEDTIME_JWT_ALGORITHMS",
        )
        return
    yield Finding(KEYS, "ok", f"{len(usable)} usable of {len(keys)} ({algorithms})")
    yield await _token(visit, settings)


async def _keys(settings: Settings, http: httpx.AsyncClient) -> list[jwt.PyJWK]:
    if settings.jwks_file:
        document = await asyncio.to_thread(Path(settings.jwks_file).read_bytes)
    else:
        answer = await http.get(settings.jwks_url)
        answer.raise_for_status()
        document = answer.content
    if len(document) > LARGEST_SET:
        raise ValueError("key set too large")
    return jwt.PyJWKSet.from_dict(msgspec.json.decode(document, type=dict[str, Any])).keys


async def _token(visit: Visit, settings: Settings) -> Finding:
    try:
        token = await visit.user.token()
    except NotSignedInError as fault:
        given = visit.deployment.credentials is not None
        return Finding(TOKEN, "failure" if given else "skipped", str(fault), "check user and password" if given else "")
    try:
        identity = await Verifier(settings, KeySet(settings, visit.http)).verify(token)
    except errors.AccessRefused as refused:
        return Finding(
            TOKEN, "failure", f"is refused: {refused.slug}", MENDS.get(refused.slug, f"docs/errors.md: {refused.slug}")
        )
    except errors.Busy:
        return Finding(TOKEN, "failure", "cannot be verified: the keys were not to be had", "try again")
    return Finding(TOKEN, "ok", f"is verified, tier {identity.tier}")
