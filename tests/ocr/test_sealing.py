"""Both ends of the seal: the published vectors, and everything it is bound to."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend.ocr import sealing
from medtime_backend.ocr.sealing import BrokenSealError, NotSealedError
from medtime_backend.ocr.sealing_keys import KeyBytesError, PublicKey, SealSuite, SecretKey
from tests.ocr.sealed import seal

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "ocr_vectors.json").read_text(encoding="utf-8"))["vectors"]
USER, KEY_ID = uuid4(), "0102030405060708"
SUITES = pytest.mark.parametrize("suite", list(SealSuite), ids=lambda suite: suite.name)
KEYS = {suite: SecretKey(suite, os.urandom(32)) for suite in SealSuite}


@pytest.mark.parametrize("vector", [pytest.param(one, id=one["name"]) for one in VECTORS])
def test_the_vectors_open(vector: dict[str, Any]) -> None:
    suite = SealSuite(vector["suite"])
    server, reply = (SecretKey(suite, bytes.fromhex(vector[f"{end}_private"])) for end in ("server", "reply"))
    user, request = UUID(vector["user_id"]), bytes.fromhex(vector["request"])
    assert server.public().raw.hex() == vector["server_public"]
    header = sealing.read_header(request)
    assert (header.suite, header.key_id, str(header.request_id)) == (suite, vector["key_id"], vector["request_id"])
    assert sealing.request_info(user, header).decode() == vector["request_info"]
    public, image = sealing.split_request(sealing.open_request(server, user, request))
    assert (public.raw.hex(), bytes(image).hex()) == (vector["reply_public"], vector["image"])
    answer = sealing.open_answer(reply, user, header.request_id, bytes.fromhex(vector["answer"]))
    assert answer.decode() == vector["answer_plaintext"]
    assert sealing.answer_info(user, header.request_id, suite).decode() == vector["answer_info"]


@SUITES
@given(image=st.binary(max_size=200))
def test_what_is_sealed_opens(suite: SealSuite, image: bytes) -> None:
    key = KEYS[suite]
    sealed = seal(KEY_ID, key.public(), USER, image)
    assert len(sealed.content) <= len(image) + sealing.LARGEST_OVERHEAD
    public, inside = sealing.split_request(sealing.open_request(key, USER, sealed.content))
    assert (public, bytes(inside)) == (sealed.reply.public(), image)
    answer = sealing.seal_answer(public, USER, sealed.request_id, image)
    assert sealing.open_answer(sealed.reply, USER, sealed.request_id, answer) == image


@SUITES
def test_it_opens_for_nobody_else(suite: SealSuite) -> None:
    key = KEYS[suite]
    sealed = seal(KEY_ID, key.public(), USER, b"image")
    for opening, user in ((key, uuid4()), (SecretKey(suite, os.urandom(32)), USER)):
        with pytest.raises(BrokenSealError):
            sealing.open_request(opening, user, sealed.content)
    answer = sealing.seal_answer(sealed.reply.public(), USER, sealed.request_id, b"answer")
    for user, request_id in ((uuid4(), sealed.request_id), (USER, uuid4())):
        with pytest.raises(BrokenSealError):
            sealing.open_answer(sealed.reply, user, request_id, answer)


@SUITES
def test_an_answer_is_no_request_and_the_other_way_round(suite: SealSuite) -> None:
    key = KEYS[suite]
    sealed = seal(KEY_ID, key.public(), USER, b"image")
    back = sealing.seal_answer(key.public(), USER, sealed.request_id, b"image")
    forged = sealed.content[: sealing.REQUEST_HEADER.size] + back[sealing.ANSWER_HEADER.size :]
    with pytest.raises(BrokenSealError):
        sealing.open_request(key, USER, forged)


@SUITES
def test_every_changed_byte_is_noticed(suite: SealSuite) -> None:
    key = KEYS[suite]
    sealed = seal(KEY_ID, key.public(), USER, b"image").content
    for place in (*range(2, 40), len(sealed) // 2, len(sealed) - 17, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(BrokenSealError):
            sealing.open_request(key, USER, changed)


def test_suites_are_not_mixed_up() -> None:
    sealed = seal(KEY_ID, KEYS[SealSuite.MLKEM768_X25519].public(), USER, b"image").content
    with pytest.raises(BrokenSealError):
        sealing.open_request(KEYS[SealSuite.X25519], USER, sealed)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        b"\x01\x01" + bytes(40),
        b"\x02\x01" + bytes(2000),
        b"\x01\x03" + bytes(2000),
        b"\xff\xd8\xff" * 900,
    ],
)
def test_what_is_not_sealed(content: bytes) -> None:
    with pytest.raises(NotSealedError):
        sealing.read_header(content)


@pytest.mark.parametrize("inside", [b"", b"\x03" + bytes(50), b"\x01" + bytes(20), b"\x02" + bytes(1000)])
def test_an_image_without_a_key_for_the_answer(inside: bytes) -> None:
    with pytest.raises(NotSealedError):
        sealing.split_request(inside)


SMALL_ORDER = (
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
)
"""All points of small order on Curve25519 and its twist (cr.yp.to/ecdh.html); libsodium refuses the same ones."""


def small_order_keys() -> Iterator[PublicKey]:
    """As keys of both suites, each also with the highest bit, which RFC 7748 has ignored."""
    hybrid = KEYS[SealSuite.MLKEM768_X25519].public().raw[:-32]
    for text in SMALL_ORDER:
        point = bytes.fromhex(text)
        for form in (point, point[:-1] + bytes((point[-1] | 0x80,))):
            yield PublicKey(SealSuite.X25519, form)
            yield PublicKey(SealSuite.MLKEM768_X25519, hybrid + form)


@pytest.mark.parametrize("key", list(small_order_keys()))
def test_a_key_of_small_order_is_none(key: PublicKey) -> None:
    """Whatever is sealed to it, everybody can open: its shared secret is zero."""
    with pytest.raises(KeyBytesError):
        key.loaded()
    with pytest.raises(NotSealedError):
        sealing.split_request(bytes((key.suite,)) + key.raw + b"image")


@SUITES
def test_an_encapsulated_key_of_small_order_opens_nothing(suite: SealSuite) -> None:
    sealed = seal(KEY_ID, KEYS[suite].public(), USER, b"image").content
    end = sealing.REQUEST_HEADER.size + suite.enc_bytes
    for text in SMALL_ORDER:
        with pytest.raises(BrokenSealError):
            sealing.open_request(KEYS[suite], USER, sealed[: end - 32] + bytes.fromhex(text) + sealed[end:])


def test_keys_of_the_wrong_length() -> None:
    for suite in SealSuite:
        with pytest.raises(KeyBytesError):
            PublicKey(suite, b"short").loaded()
        with pytest.raises(ValueError, match="32 bytes"):
            SecretKey(suite, b"short").loaded()
