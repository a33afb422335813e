"""Both ends of the seal: HPKE (RFC 9180, single-shot, base mode) bound to user, request and direction.

A sealed request is `version | suite | key id | request id | enc | ciphertext`; inside are `suite | public key` for the
answer and then the image. A sealed answer is `version | suite | request id | enc | ciphertext`. docs/protocol.md.
"""

import struct
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from medtime_backend.ocr.sealing_keys import KeyBytesError, PublicKey, SealSuite, SecretKey

VERSION: Final = 0x01
REQUEST_HEADER: Final = struct.Struct(">BB8s16s")
ANSWER_HEADER: Final = struct.Struct(">BB16s")
KEY_ID_BYTES: Final = 8
TAG_BYTES: Final = 16
SUITE_BYTES: Final = frozenset(int(suite) for suite in SealSuite)
LARGEST_OVERHEAD: Final = REQUEST_HEADER.size + 1120 + 1 + 1216 + TAG_BYTES
"""What a sealed request may have beyond its image."""


class SealError(ValueError):
    """Something cannot be sealed or opened; the text never holds any of it."""


class NotSealedError(SealError):
    """The bytes do not have the shape of a sealed request or answer."""


class BrokenSealError(SealError):
    """Wrong key, other user or request, or bytes that were changed."""


@dataclass(frozen=True)
class Header:
    """What a sealed request says in the open."""

    suite: SealSuite
    key_id: str
    request_id: UUID


def request_info(user_id: UUID, header: Header) -> bytes:
    """HPKE's `info` of a request: it opens for this user, request, key and suite alone."""
    return f"medtime/1|ocr-request|{user_id}|{header.request_id}|{header.key_id}|{int(header.suite)}".encode()


def answer_info(user_id: UUID, request_id: UUID, suite: SealSuite) -> bytes:
    """HPKE's `info` of an answer."""
    return f"medtime/1|ocr-answer|{user_id}|{request_id}|{int(suite)}".encode()


def read_header(sealed: bytes | bytearray | memoryview) -> Header:
    """The header of a sealed request. Raises NotSealedError."""
    if len(sealed) < REQUEST_HEADER.size:
        raise NotSealedError("too short for a sealed request")
    version, suite, key_id, request_id = REQUEST_HEADER.unpack_from(sealed)
    if version != VERSION or suite not in SUITE_BYTES:
        raise NotSealedError("an unknown version or suite")
    known = SealSuite(suite)
    if len(sealed) < REQUEST_HEADER.size + known.enc_bytes + TAG_BYTES:
        raise NotSealedError("too short for its suite")
    return Header(known, key_id.hex(), UUID(bytes=request_id))


def seal_request(  # noqa: PLR0913, PLR0917 - to whom, for whom, what
    key_id: str, key: PublicKey, user_id: UUID, request_id: UUID, reply: PublicKey, image: bytes
) -> bytes:
    """Seal an image for the server, with the key that its answer is to be sealed to."""
    header = Header(key.suite, key_id, request_id)
    inside = bytes((reply.suite,)) + reply.raw + image
    opened = REQUEST_HEADER.pack(VERSION, key.suite, bytes.fromhex(key_id), request_id.bytes)
    return opened + key.suite.hpke.encrypt(inside, key.loaded(), request_info(user_id, header))


def open_request(key: SecretKey, user_id: UUID, sealed: bytes | bytearray | memoryview) -> bytes:
    """What is inside a sealed request: see `split_request`. Raises NotSealedError and BrokenSealError."""
    header = read_header(sealed)
    body = memoryview(sealed)[REQUEST_HEADER.size :]
    try:
        return key.suite.hpke.decrypt(body, key.loaded(), request_info(user_id, header))
    except (InvalidTag, ValueError):
        raise BrokenSealError("the seal does not hold") from None


def split_request(inside: bytes) -> tuple[PublicKey, memoryview]:
    """The key for the answer, and the image, of an opened request. Raises NotSealedError."""
    if not inside or inside[0] not in SUITE_BYTES:
        raise NotSealedError("no suite for the answer")
    suite = SealSuite(inside[0])
    reply = PublicKey(suite, inside[1 : 1 + suite.public_bytes])
    try:
        reply.loaded()
    except KeyBytesError:
        raise NotSealedError("no key for the answer") from None
    return reply, memoryview(inside)[1 + suite.public_bytes :]


def seal_answer(reply: PublicKey, user_id: UUID, request_id: UUID, answer: bytes) -> bytes:
    """Seal an answer for the client that asked."""
    opened = ANSWER_HEADER.pack(VERSION, reply.suite, request_id.bytes)
    return opened + reply.suite.hpke.encrypt(answer, reply.loaded(), answer_info(user_id, request_id, reply.suite))


def open_answer(key: SecretKey, user_id: UUID, request_id: UUID, sealed: bytes) -> bytes:
    """The answer to a request. Raises NotSealedError and BrokenSealError."""
    if len(sealed) < ANSWER_HEADER.size or ANSWER_HEADER.unpack_from(sealed)[:2] != (VERSION, key.suite):
        raise NotSealedError("no sealed answer")
    try:
        body = memoryview(sealed)[ANSWER_HEADER.size :]
        return key.suite.hpke.decrypt(body, key.loaded(), answer_info(user_id, request_id, key.suite))
    except InvalidTag:
        raise BrokenSealError("the seal does not hold") from None
