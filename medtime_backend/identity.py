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
# By these, a header brings a key of its own or says where one is (RFC 7515, 4.1): Auth never sends them.
FOREIGN_KEY_HEADERS = ("jwk", "jku", "x5c", "x5u")
PROBLEMS: tuple[tuple[type[jwt.PyJWTError], type[errors.AccessRefused]], ...] = (
    (jwt.ExpiredSignatureError, errors.TokenExpired),
    (jwt.ImmatureSignatureError, errors.TokenNotYetValid),
    (jwt.InvalidIssuerError, errors.WrongIssuer),
    (jwt.InvalidAudienceError, errors.WrongAudience),
    (jwt.InvalidSignatureError, errors.BadSignature),
    (jwt.InvalidAlgorithmError, errors.WrongAlgorithm),
    (InvalidSubjectError, errors.InvalidSubject),
)
TIERS = ("free", "pro", "perfect")
# JSON may have it, jsonb may not: an escaped NUL, behind an even number of backslashes.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Identity(msgspec.Struct, frozen=True):
    """A signed-in user. `claims` is the verified token as JSON, as the database sees it."""

    user_id: UUID
    session_id: UUID
    tier: str
    claims: str

    @classmethod
    def of(cls, claims: dict[str, Any]) -> Self:
        """The identity of verified claims. Raises AccessRefused for tokens that are no signed-in user's."""
        if claims.get("role") != "authenticated":
            raise errors.NotAUserToken
        user_id = _uuid_of(claims, "sub")
        if claims.get("is_anonymous", False) is not False:
            raise errors.AnonymousUser
        session_id = _uuid_of(claims, "session_id")
        try:
            text = msgspec.json.encode(claims)
        except UnicodeEncodeError:
            raise errors.MalformedToken from None
        if NUL.search(text):
            raise errors.MalformedToken
        # A tier that is not known here is the smallest: the hook may be newer than this service.
        tier = claims.get("tier")
        return cls(user_id, session_id, tier if tier in TIERS else "free", text.decode())


def _uuid_of(claims: dict[str, Any], name: str) -> UUID:
    value = claims.get(name)
    if value is None:
        raise errors.MissingClaim(claim=name)
    try:
        found = UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise errors.InvalidSubject from None
    # UUID() reads more spellings than the database does.
    if str(found) != value.lower():
        raise errors.InvalidSubject
    return found


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
        """The identity of a token. Raises AccessRefused, one class for each reason; Busy while there are no keys."""
        if len(token) > LONGEST_TOKEN:
            raise errors.TokenTooLarge
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and await self._still_holds(known):
            return known.identity
        key_id, key = await self._key_of(token)
        claims = self._claims_of(token, key)
        identity = Identity.of(claims)
        if len(token) <= LONGEST_REMEMBERED:
            self._verified.pop(digest, None)
            if len(self._verified) >= REMEMBERED:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = _Verified(identity, key, key_id, int(claims["exp"]))
        return identity

    async def _key_of(self, token: str) -> tuple[str, jwt.PyJWK]:
        """The published key that the token's header names."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise errors.MalformedToken from None
        if any(name in header for name in FOREIGN_KEY_HEADERS):
            raise errors.KeyInHeader
        # Said before the key is looked for: an unknown one would cost a fetch.
        if header.get("alg") not in self._settings.jwt_algorithms:
            raise errors.WrongAlgorithm
        key_id = header.get("kid")
        key = await self._keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise errors.UnknownKey
        if key.algorithm_name not in self._settings.jwt_algorithms:
            raise errors.WrongAlgorithm
        return str(key_id), key

    def _claims_of(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """The claims, once signature, issuer, audience and times are verified."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._settings.jwt_issuer,
                audience=list(self._settings.jwt_audience),
                leeway=self._settings.jwt_leeway,
                # `iat` is held against the clock below: PyJWT would not tell it from `nbf`.
                options={"require": ["iss", "aud", "exp"], "verify_iat": False},
            )
        except jwt.MissingRequiredClaimError as fault:
            raise errors.MissingClaim(claim=fault.claim) from None
        except jwt.PyJWTError as fault:
            raise next((kind for known, kind in PROBLEMS if isinstance(fault, known)), errors.MalformedToken) from None
        issued = claims.get("iat", 0)
        if not isinstance(issued, int | float):
            raise errors.MalformedToken
        if issued > time.time() + self._settings.jwt_leeway:
            raise errors.TokenFromTheFuture
        return claims

    async def _still_holds(self, known: _Verified) -> bool:
        """Whether a token would be verified again: it has not expired, and its key was not fetched anew or withdrawn.

        Nothing else of a verification can change: the bytes are the same, and time only makes a token older.
        """
        if known.expires <= time.time() - self._settings.jwt_leeway:
            return False
        return await self._keys.find(known.key_id) is known.key
