"""The keys of both suites: as bytes, and as the library's own."""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

SEED_BYTES: Final = 32
MLKEM_PUBLIC_BYTES: Final = 1184


class SealSuite(IntEnum):
    """The suites, by their byte. Both derive with HKDF-SHA256 and encrypt with AES-256-GCM."""

    X25519 = 0x01
    """DHKEM(X25519, HKDF-SHA256), KEM 0x0020 of RFC 9180."""
    MLKEM768_X25519 = 0x02
    """The hybrid with ML-KEM-768, KEM 0x647a (draft-ietf-hpke-pq; also known as X-Wing)."""

    @property
    def hpke(self) -> Suite:
        """The library's suite."""
        kem = KEM.X25519 if self is SealSuite.X25519 else KEM.MLKEM768_X25519
        return Suite(kem, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

    @property
    def public_bytes(self) -> int:
        """How long a public key is."""
        return 32 if self is SealSuite.X25519 else 1216

    @property
    def enc_bytes(self) -> int:
        """How long an encapsulated key is."""
        return 32 if self is SealSuite.X25519 else 1120


class KeyBytesError(ValueError):
    """Bytes that are no public key of their suite, or one that everybody could open what is sealed to."""


@dataclass(frozen=True)
class PublicKey:
    """A public key of a suite, in the bytes of its specification."""

    suite: SealSuite
    raw: bytes

    def loaded(self) -> X25519PublicKey | MLKEM768X25519PublicKey:
        """The library's key. Raises KeyBytesError for bytes that are none, and for a point of small order."""
        try:
            if len(self.raw) != self.suite.public_bytes:
                raise KeyBytesError("a public key of the wrong length")
            if self.suite is SealSuite.X25519:
                return _point(self.raw)
            return MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC_BYTES]),
                _point(self.raw[MLKEM_PUBLIC_BYTES:]),
            )
        except ValueError:
            raise KeyBytesError("no public key of its suite") from None


def _point(raw: bytes) -> X25519PublicKey:
    """The X25519 key of these bytes. Raises ValueError for a point of small order.

    The shared secret with such a point is zero whoever the other is (RFC 7748, 6.1), so any private key shows it. Found
    out here, since sealing would fail no sooner than when the image has been read.
    """
    point = X25519PublicKey.from_public_bytes(raw)
    X25519PrivateKey.generate().exchange(point)
    return point


@dataclass(frozen=True)
class SecretKey:
    """A private key as its 32 bytes: X25519's own, or the hybrid's seed (expanded by SHAKE256)."""

    suite: SealSuite
    seed: bytes = field(repr=False)

    def loaded(self) -> X25519PrivateKey | MLKEM768X25519PrivateKey:
        """The library's key. Raises ValueError for a seed of the wrong length."""
        if len(self.seed) != SEED_BYTES:
            raise ValueError("a private key has 32 bytes")
        if self.suite is SealSuite.X25519:
            return X25519PrivateKey.from_private_bytes(self.seed)
        return MLKEM768X25519PrivateKey(*self._parts())

    def public(self) -> PublicKey:
        """The public key to it."""
        if self.suite is SealSuite.X25519:
            return PublicKey(self.suite, X25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())
        mlkem, x25519 = self._parts()
        return PublicKey(self.suite, mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(96)
        return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
