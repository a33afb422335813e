"""Access tokens as Supabase Auth signs them. Tests mint tokens for anybody from the key file with `mint`."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from medtime_backend.local.data_directory import write_private
from medtime_backend.local.options import DEFAULT_AUDIENCE, DEFAULT_ISSUER

ALGORITHM = "RS256"
LIFETIME_SECONDS = 3600


@dataclass(frozen=True)
class SigningKey:
    """An RSA key and the id by which the JWKS names it."""

    private_key: RSAPrivateKey
    key_id: str

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a PEM file. Raises OSError or ValueError."""
        private_key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private_key, RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key.")
        public = private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private_key, base64.urlsafe_b64encode(hashlib.sha256(public).digest()[:12]).decode())

    @classmethod
    def load_or_create(cls, path: Path) -> SigningKey:
        """Read the PEM file, or make a new key in it, readable by its owner only."""
        return cls.load(path) if path.exists() else cls.create(path)

    @classmethod
    def create(cls, path: Path) -> SigningKey:
        """Make a new key in the PEM file, in place of the one that may be there."""
        pem = generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(path, pem.decode("ascii"))
        return cls.load(path)

    def jwk(self) -> dict[str, Any]:
        """Return the public half as a JSON Web Key."""
        public = RSAAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return {**public, "alg": ALGORITHM, "use": "sig", "kid": self.key_id}

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public half as a JSON Web Key Set."""
        return {"keys": [self.jwk()]}


@dataclass(frozen=True)
class TokenClaims:
    """What an access token says. `extra` adds or replaces claims; a value of None there leaves a claim out."""

    user_id: str
    email: str = ""
    session_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    issuer: str = DEFAULT_ISSUER
    audience: str = DEFAULT_AUDIENCE
    issued_at: int = field(default_factory=lambda: int(time.time()))
    lifetime: int = LIFETIME_SECONDS
    app_metadata: Mapping[str, Any] = field(default_factory=dict)
    user_metadata: Mapping[str, Any] = field(default_factory=dict)
    is_anonymous: bool = False
    amr_method: str = "password"
    signed_in_at: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expires_at(self) -> int:
        """Seconds since the epoch."""
        return self.issued_at + self.lifetime

    def as_payload(self) -> dict[str, Any]:
        """Return the claims under their names in the token."""
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": self.user_id,
            "exp": self.expires_at,
            "iat": self.issued_at,
            "email": self.email,
            "phone": "",
            "app_metadata": dict(self.app_metadata),
            "user_metadata": dict(self.user_metadata),
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": self.amr_method, "timestamp": self.signed_in_at or self.issued_at}],
            "session_id": self.session_id,
            "is_anonymous": self.is_anonymous,
            "tier": "free",
            **self.extra,
        }
        return {name: value for name, value in payload.items() if value is not None}


def mint(key: SigningKey, claims: TokenClaims) -> str:
    """Sign the claims."""
    return sign(key, claims.as_payload())


def sign(key: SigningKey, payload: Mapping[str, Any]) -> str:
    """Sign claims that are already under their names in the token."""
    return jwt.encode(dict(payload), key.private_key, algorithm=ALGORITHM, headers={"kid": key.key_id})
