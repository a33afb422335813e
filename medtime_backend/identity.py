"""Who is calling: an access token's verified claims."""

import hashlib
import re
import time
from typing import Any, Self
from uuid import UUID

import jwt
import msgspec
from jwt.exceptions import InvalidSubjectError

from medtime_backend import errors
from medtime_backend.jwks import KeySet
from medtime_backend.settings import Settings

LONGEST_TOKEN = 16 * 1024
# Tokens remembered, and what one may weigh to be remembered: 4 MiB a worker at most.
REMEMBERED = 1024
LONGEST_REMEMBERED = 4 * 1024
REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not-yet-valid"),
    (jwt.InvalidIssuerError, "wrong-issuer"),
    (jwt.InvalidAudienceError, "wrong-audience"),
    (jwt.MissingRequiredClaimError, "missing-claim"),
    (jwt.InvalidSignatureError, "bad-signature"),
    (jwt.InvalidAlgorithmError, "wrong-algorithm"),
    (InvalidSubjectError, "bad-subject"),
)
# JSON may have it, jsonb may not: an escaped NUL, behind an even number of backslashes.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Identity(msgspec.Struct, frozen=True):
    """A signed-in user. `claims` is the verified token as JSON, as the database sees it."""

    user_id: UUID
    claims: str

    @classmethod
    def of(cls, claims: dict[str, Any]) -> Self:
        """The identity of verified claims. Raises Unauthenticated for tokens that are no user's."""
        if claims.get("role") != "authenticated":
            raise errors.Unauthenticated("wrong-role")
        try:
            user_id = UUID(claims["sub"])
        except (ValueError, TypeError, AttributeError):
            raise errors.Unauthenticated("bad-subject") from None
        # UUID() reads more spellings than the database does.
        if str(user_id) != claims["sub"].lower():
            raise errors.Unauthenticated("bad-subject")
        try:
            text = msgspec.json.encode(claims)
        except UnicodeEncodeError:
            raise errors.Unauthenticated("malformed-token") from None
        if NUL.search(text):
            raise errors.Unauthenticated("malformed-token")
        return cls(user_id, text.decode())


class _Verified(msgspec.Struct, frozen=True):
    """A token that was verified: by which key, and when it expires (seconds since 1970)."""

    identity: Identity
    key: jwt.PyJWK
    key_id: str
    expires: int


class Verifier:
    """Verifies access tokens locally: RFC 7519 claims, RFC 8725 advice (algorithm by key, never by header)."""

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys
        # By the token's hash: a phone sends the same token with each request of an hour.
        self._verified: dict[bytes, _Verified] = {}

    async def verify(self, token: str) -> Identity:
        """The identity of a token. Raises Unauthenticated with the reason."""
        if len(token) > LONGEST_TOKEN:
            raise errors.Unauthenticated("malformed-token")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and await self._still_holds(known):
            return known.identity
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError:
            raise errors.Unauthenticated("malformed-token") from None
        key = await self._keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise errors.Unauthenticated("unknown-key")
        if key.algorithm_name not in self._settings.jwt_algorithms:
            raise errors.Unauthenticated("wrong-algorithm")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._settings.jwt_issuer,
                audience=list(self._settings.jwt_audience),
                leeway=self._settings.jwt_leeway,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
        except jwt.PyJWTError as fault:
            reason = next((text for kind, text in REASONS if isinstance(fault, kind)), "malformed-token")
            raise errors.Unauthenticated(reason) from None
        identity = Identity.of(claims)
        if len(token) <= LONGEST_REMEMBERED:
            self._verified.pop(digest, None)
            if len(self._verified) >= REMEMBERED:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = _Verified(identity, key, str(key_id), int(claims["exp"]))
        return identity

    async def _still_holds(self, known: _Verified) -> bool:
        """Whether a token would be verified again: it has not expired, and its key was not fetched anew or withdrawn.

        Nothing else of a verification can change: the bytes are the same, and time only makes a token older.
        """
        if known.expires <= time.time() - self._settings.jwt_leeway:
            return False
        return await self._keys.find(known.key_id) is known.key
