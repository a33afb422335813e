"""The envelope: the published vectors, the shapes that are refused, and sealing and opening."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend import envelope
from medtime_backend.integrity import checksum_of

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "envelope_vectors.json").read_text(encoding="utf-8"))
KEY = bytes(range(32))
PLACE = b"medtime/1|somewhere"


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


@pytest.mark.parametrize("vector", named(VECTORS["aes_256_gcm"]))
def test_vectors_are_what_another_sealing_gives(vector: dict[str, Any]) -> None:
    key, nonce, place, plaintext, blob = (
        bytes.fromhex(vector[name]) for name in ("key", "nonce", "associated_data", "plaintext", "blob")
    )
    assert b"\x01\x01" + nonce + AESGCM(key).encrypt(nonce, plaintext, place) == blob
    assert envelope.open_(key, blob, place) == plaintext
    assert checksum_of(blob) == vector["checksum"]


@pytest.mark.parametrize("vector", named(VECTORS["xchacha20_poly1305"]))
def test_xchacha_is_recognised_but_not_opened(vector: dict[str, Any]) -> None:
    blob = bytes.fromhex(vector["blob"])
    assert envelope.fault_of(blob) is None
    assert checksum_of(blob) == vector["checksum"]
    with pytest.raises(envelope.UnsupportedAlgorithmError):
        envelope.open_(KEY, blob, PLACE)


@pytest.mark.parametrize("algorithm", ["aes_256_gcm", "xchacha20_poly1305"])
def test_associated_data_names_the_place(algorithm: str) -> None:
    for vector in VECTORS[algorithm]:
        if "owner" in vector:
            place = envelope.associated_data(vector["owner"].upper(), vector["entity_id"], vector["entity_type"])
            assert place.hex() == vector["associated_data"]


@pytest.mark.parametrize("vector", named(VECTORS["shape"]))
def test_shapes(vector: dict[str, Any]) -> None:
    blob = bytes.fromhex(vector["head"]).ljust(vector["length"], b"\0")
    assert len(blob) == vector["length"]
    assert envelope.fault_of(blob) == vector["fault"]
    if vector["fault"]:
        with pytest.raises(envelope.MalformedEnvelopeError, match=vector["fault"]):
            envelope.open_(KEY, blob, PLACE)


@given(st.text())
def test_no_text_is_an_envelope(text: str) -> None:
    # U+0001 U+0001 … is the one text that looks like one; no app writes it.
    assert envelope.fault_of(text.encode()) == "not-an-envelope" or text[:1] == "\x01"


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_in_its_place_only(plaintext: bytes, place: bytes) -> None:
    blob = envelope.seal(KEY, plaintext, place)
    assert envelope.fault_of(blob) is None
    assert len(blob) == len(plaintext) + 30
    assert envelope.open_(KEY, blob, place) == plaintext
    with pytest.raises(envelope.BrokenSealError):
        envelope.open_(KEY, blob, place + b"x")
    with pytest.raises(envelope.BrokenSealError):
        envelope.open_(bytes(32), blob, place)


@given(st.data())
def test_any_changed_bit_breaks_the_seal(data: st.DataObject) -> None:
    blob = bytearray(envelope.seal(KEY, b"ten milligrams", PLACE))
    blob[data.draw(st.integers(2, len(blob) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(envelope.BrokenSealError):
        envelope.open_(KEY, bytes(blob), PLACE)


def test_each_sealing_has_its_own_nonce() -> None:
    assert len({envelope.seal(KEY, b"same", PLACE)[2:14] for _ in range(200)}) == 200


def test_the_largest_plaintext_makes_the_largest_blob() -> None:
    plaintext = bytes(envelope.PLAINTEXT_BYTES)
    blob = envelope.seal(KEY, plaintext, PLACE)
    assert len(blob) == 1_048_576
    assert envelope.fault_of(blob) is None
    with pytest.raises(envelope.PlaintextTooLargeError):
        envelope.seal(KEY, plaintext + b"x", PLACE)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_other_keys_are_refused(length: int) -> None:
    with pytest.raises(envelope.KeyLengthError):
        envelope.seal(bytes(length), b"x", PLACE)
    with pytest.raises(envelope.KeyLengthError):
        envelope.open_(bytes(length), envelope.seal(KEY, b"x", PLACE), PLACE)


def test_errors_say_nothing_of_the_content() -> None:
    with pytest.raises(envelope.MalformedEnvelopeError) as refused:
        envelope.open_(KEY, b'{"drug":"metformin"}', PLACE)
    assert "metformin" not in str(refused.value)
