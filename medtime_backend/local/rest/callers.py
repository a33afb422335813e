"""Who asks: the role and claims of a request, as Supabase's gateway and PostgREST work them out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.rest.refusals import Refused
from medtime_backend.local.tokens import ALGORITHM

LEEWAY_SECONDS = 30
"""PostgREST's own."""
KEY_PREFIX = "sb_"


@dataclass(frozen=True)
class Caller:
    """`role` is what the transaction becomes, `claims` what it sees in request.jwt.claims."""

    role: str
    claims: Mapping[str, Any]


@dataclass(frozen=True)
class ApiKeys:
    """The stack's two keys: the publishable one is of the role anon, the secret one of service_role."""

    publishable: str
    secret: str

    def role(self, key: str) -> str:
        """Return the key's role. Raises Refused for a key that is none of ours, or none at all."""
        if not key:
            hint = "No `apikey` request header or url param was found."
            raise Refused(401, "", "No API key found in request", hint=hint)
        for known, role in ((self.publishable, "anon"), (self.secret, "service_role")):
            if hmac.compare_digest(key.encode(), known.encode()):
                return role
        raise Refused(401, "", "Invalid API key", hint="Double check your Supabase API key.")


def caller_of(headers: Mapping[str, str], query: Mapping[str, str], api_keys: ApiKeys, ring: KeyRing) -> Caller:
    """Return whose request it is. A user's token decides; without one, the API key. Raises Refused."""
    key_role = api_keys.role(headers.get("apikey", "") or query.get("apikey", ""))
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token.startswith(KEY_PREFIX):
        return Caller(key_role, {"role": key_role})
    claims = verified(token.strip(), ring)
    return Caller(str(claims.get("role", "anon")), claims)


def verified(token: str, ring: KeyRing) -> dict[str, Any]:
    """Return the claims of a token that one of the ring's keys signed. Raises Refused."""
    try:
        key = ring.find(str(jwt.get_unverified_header(token).get("kid")))
        return dict(
            jwt.decode(token, key, algorithms=[ALGORITHM], leeway=LEEWAY_SECONDS, options={"verify_aud": False})
        )
    except jwt.ExpiredSignatureError:
        raise _no_good(code="PGRST303", message="JWT expired") from None
    except (jwt.ImmatureSignatureError, jwt.MissingRequiredClaimError):
        raise _no_good(code="PGRST303", message="JWT not yet valid") from None
    except (jwt.PyJWTError, KeyError):
        raise _no_good(code="PGRST301", message="No suitable key or wrong key type") from None


def _no_good(*, code: str, message: str) -> Refused:
    challenge = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{message}"'}
    return Refused(401, code, message, headers=challenge)
