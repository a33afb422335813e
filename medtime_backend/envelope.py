"""The envelope of a blob: format version, algorithm, nonce, ciphertext with its tag.

The server only ever looks at the shape (`fault_of`); sealing and opening are for clients. The layout and its
test vectors are in `docs/envelope_vectors.json`.
"""

import os
from typing import Final, Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT_VERSION: Final = 0x01
AES_256_GCM: Final = 0x01
XCHACHA20_POLY1305: Final = 0x02
NONCE_BYTES: Final = {AES_256_GCM: 12, XCHACHA20_POLY1305: 24}
HEADER_BYTES: Final = 2
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
BLOB_BYTES: Final = 1_048_576
"""The most a whole blob may have, envelope included."""
PLAINTEXT_BYTES: Final = BLOB_BYTES - HEADER_BYTES - NONCE_BYTES[AES_256_GCM] - TAG_BYTES
"""The most `seal` can put into one blob."""

Fault = Literal["blob-too-large", "not-an-envelope"]


class EnvelopeError(ValueError):
    """A blob could not be sealed or opened; the text never holds any of its content."""


class MalformedEnvelopeError(EnvelopeError):
    """The bytes do not have the shape of an envelope, or are too many; `fault` names which."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class UnsupportedAlgorithmError(EnvelopeError):
    """The envelope is well-formed, but its algorithm is one this library only recognises."""


class BrokenSealError(EnvelopeError):
    """Wrong key, wrong place (associated data), or a blob that was changed after it was sealed."""


class PlaintextTooLargeError(EnvelopeError):
    """The plaintext would make a blob of more than `BLOB_BYTES`."""


class KeyLengthError(EnvelopeError):
    """The key is not 32 bytes long."""


def fault_of(blob: bytes) -> Fault | None:
    """Tell what keeps `blob` from being stored, or None. A tombstone's empty blob is not for this check."""
    if len(blob) > BLOB_BYTES:
        return "blob-too-large"
    if len(blob) < HEADER_BYTES or blob[0] != FORMAT_VERSION or blob[1] not in NONCE_BYTES:
        return "not-an-envelope"
    if len(blob) < HEADER_BYTES + NONCE_BYTES[blob[1]] + TAG_BYTES:
        return "not-an-envelope"
    return None


def associated_data(owner: UUID | str, entity_id: UUID | str, entity_type: str) -> bytes:
    """Name a blob's place. Sealed with it, a blob that the server moved elsewhere no longer opens."""
    return f"medtime/1|{UUID(str(owner))}|{UUID(str(entity_id))}|{entity_type}".encode()


def seal(key: bytes, plaintext: bytes, place: bytes) -> bytes:
    """Encrypt `plaintext` with AES-256-GCM under a new random nonce, bound to `place`; return the blob.

    Raises KeyLengthError and PlaintextTooLargeError.
    """
    cipher = _aes(key)
    if len(plaintext) > PLAINTEXT_BYTES:
        raise PlaintextTooLargeError(f"plaintext has {len(plaintext)} bytes, {PLAINTEXT_BYTES} fit")
    # Always random, never an argument: one nonce used twice gives away the key stream and the tag key.
    nonce = os.urandom(NONCE_BYTES[AES_256_GCM])
    return bytes((FORMAT_VERSION, AES_256_GCM)) + nonce + cipher.encrypt(nonce, plaintext, place)


def open_(key: bytes, blob: bytes, place: bytes) -> bytes:
    """Decrypt a blob that was sealed for `place`.

    Raises KeyLengthError, MalformedEnvelopeError, UnsupportedAlgorithmError (XChaCha20-Poly1305) and
    BrokenSealError.
    """
    cipher = _aes(key)
    if fault := fault_of(blob):
        raise MalformedEnvelopeError(fault)
    if blob[1] != AES_256_GCM:
        raise UnsupportedAlgorithmError(f"cannot open algorithm {blob[1]:#04x}")
    start = HEADER_BYTES + NONCE_BYTES[AES_256_GCM]
    try:
        return cipher.decrypt(blob[HEADER_BYTES:start], blob[start:], place)
    except InvalidTag:
        raise BrokenSealError("the seal does not hold under this key and place") from None


def _aes(key: bytes) -> AESGCM:
    # AESGCM would also take 16 and 24 bytes and silently be another algorithm than byte 1 says.
    if len(key) != KEY_BYTES:
        raise KeyLengthError(f"key has {len(key)} bytes, not {KEY_BYTES}")
    return AESGCM(key)
