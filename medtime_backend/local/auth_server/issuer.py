"""The local stand-in for Google and Apple: it gives ID tokens for any e-mail address, and reads them again."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import jwt

from medtime_backend.local.auth_server.errors import AuthError, OAuthError
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.tokens import ALGORITHM, SigningKey, sign

PROVIDERS = ("google", "apple")
CLIENT_ID = "medtime-local"
LIFETIME_SECONDS = 3600
PATH = "/test-issuer"


@dataclass(frozen=True)
class Profile:
    """A person as a provider tells of one."""

    provider: str
    subject: str
    email: str
    email_verified: bool
    nonce: str
    issuer: str

    def identity_data(self) -> dict[str, Any]:
        """Return what the identity's row keeps."""
        return {
            "iss": self.issuer,
            "sub": self.subject,
            "provider_id": self.subject,
            "email": self.email,
            "email_verified": self.email_verified,
            "phone_verified": False,
        }


class LocalIssuer:
    """Signs as both providers, with one key that is not the key of access tokens."""

    def __init__(self, settings: AuthSettings) -> None:
        self._url = f"{settings.url}{PATH}"
        self._key = SigningKey.load(settings.issuer_key)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key of the ID tokens."""
        return self._key.jwks()

    def profile(self, provider: str, email: str, subject: str = "") -> Profile:
        """Return the person of an e-mail address. Raises AuthError for an unknown provider."""
        known = check_provider(provider)
        made_up = hashlib.sha256(f"{known} {email.lower()}".encode()).hexdigest()[:24]
        return Profile(known, subject or made_up, email.lower(), email_verified=True, nonce="", issuer=self._of(known))

    def id_token(self, profile: Profile) -> str:
        """Sign what the provider says of a person. The nonce stands in the token as the client gave it."""
        now = int(time.time())
        claims = {
            "iss": profile.issuer,
            "aud": CLIENT_ID,
            "sub": profile.subject,
            "email": profile.email,
            "email_verified": profile.email_verified,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            **({"nonce": profile.nonce} if profile.nonce else {}),
        }
        return sign(self._key, claims)

    def read(self, provider: str, id_token: str) -> Profile:
        """Verify an ID token. Raises OAuthError, AuthError for an unknown provider."""
        known = check_provider(provider)
        try:
            claims = jwt.decode(
                id_token,
                self._key.private_key.public_key(),
                algorithms=[ALGORITHM],
                issuer=self._of(known),
                audience=CLIENT_ID,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
        except jwt.InvalidAudienceError as error:
            audience = jwt.decode(id_token, options={"verify_signature": False})["aud"]
            raise OAuthError("invalid request", f"Unacceptable audience in id_token: {audience}") from error
        except jwt.PyJWTError as error:
            raise OAuthError("invalid request", "Bad ID token") from error
        return Profile(
            provider=known,
            subject=claims["sub"],
            email=str(claims.get("email", "")).lower(),
            email_verified=claims.get("email_verified") is True,
            nonce=str(claims.get("nonce", "")),
            issuer=claims["iss"],
        )

    def _of(self, provider: str) -> str:
        return f"{self._url}/{provider}"


def check_provider(provider: str) -> str:
    """Return the provider. Raises AuthError if it is neither Google nor Apple."""
    if provider not in PROVIDERS:
        raise AuthError(400, "validation_failed", f'Custom OIDC provider "{provider}" not allowed')
    return provider


def check_nonce(profile: Profile, raw_nonce: str) -> None:
    """The token holds the hex SHA-256 of the nonce that the client kept to itself. Raises OAuthError."""
    if bool(profile.nonce) != bool(raw_nonce):
        message = "Passed nonce and nonce in id_token should either both exist or not."
        raise OAuthError("invalid request", message)
    if raw_nonce and hashlib.sha256(raw_nonce.encode()).hexdigest() != profile.nonce:
        raise OAuthError("invalid nonce", "Nonces mismatch")
