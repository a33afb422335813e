"""Who is calling: an access token's verified claims."""

from typing import Any, Self
from uuid import UUID

import jwt
import msgspec

from medtime_backend import errors
from medtime_backend.jwks import KeySet
from medtime_backend.settings import Settings

LONGEST_TOKEN = 16 * 1024
REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not-yet-valid"),
    (jwt.InvalidIssuerError, "wrong-issuer"),
    (jwt.InvalidAudienceError, "wrong-audience"),
    (jwt.MissingRequiredClaimError, "missing-claim"),
    (jwt.InvalidSignatureError, "bad-signature"),
    (jwt.InvalidAlgorithmError, "wrong-algorithm"),
)


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
        return cls(user_id, msgspec.json.encode(claims).decode())


class Verifier:
    """Verifies access tokens locally: RFC 7519 claims, RFC 8725 advice (algorithm by key, never by header)."""

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, token: str) -> Identity:
        """The identity of a token. Raises Unauthenticated with the reason."""
        if len(token) > LONGEST_TOKEN:
            raise errors.Unauthenticated("malformed-token")
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
        return Identity.of(claims)
