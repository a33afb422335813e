"""Choosing formats and encodings; inflating within bounds."""

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend import errors, formats
from medtime_backend.formats import JSON, MSGPACK

MIB = 1024 * 1024


@given(st.binary(max_size=5000))
def test_what_is_compressed_is_inflated(body: bytes) -> None:
    packed = formats.compress(body)
    assert gzip.decompress(packed) == body
    assert formats.inflate(packed, len(body)) == body


@given(st.binary(min_size=1, max_size=500), st.integers(1, 500))
def test_one_byte_more_than_the_limit_is_too_large(body: bytes, missing: int) -> None:
    with pytest.raises(errors.BodyTooLarge):
        formats.inflate(formats.compress(body), max(0, len(body) - missing))


@given(st.binary(max_size=100), st.data())
def test_a_cut_body_is_malformed(body: bytes, data: st.DataObject) -> None:
    packed = formats.compress(body)
    with pytest.raises(errors.MalformedBody):
        formats.inflate(packed[: data.draw(st.integers(0, len(packed) - 1))], MIB)


@given(st.binary(max_size=200))
def test_any_bytes_are_inflated_or_refused(body: bytes) -> None:
    with suppress(errors.MalformedBody, errors.BodyTooLarge):
        formats.inflate(body, MIB)


def test_a_bomb_takes_no_more_memory_than_the_limit_allows() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(200)) + packer.flush()
    assert len(bomb) < MIB
    tracemalloc.start()
    with pytest.raises(errors.BodyTooLarge) as raised:
        formats.inflate(bomb, MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert raised.value.facts == {"limit": MIB}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        *(("", JSON), ("*/*", JSON), (MSGPACK, MSGPACK), (f"{JSON};q=0.9, {MSGPACK};q=0.8", JSON)),
        *((f"*/*;q=0.1, {MSGPACK};q=0.2", MSGPACK), ("application/x-msgpack", MSGPACK)),
        *((f"*/*, {JSON};q=0", MSGPACK), (f"application/*;q=0, {JSON}", JSON), (f"{JSON};v=1;q=0.5", JSON)),
    ],
)
def test_accepted_format(accept: str, expected: str) -> None:
    assert formats.accepted_format(accept) == expected


@given(st.text(max_size=60))
def test_any_accept_header_is_answered_or_refused(accept: str) -> None:
    formats.accepts_gzip(accept)
    with suppress(errors.NotAcceptable):
        assert formats.accepted_format(accept) in (JSON, MSGPACK)


@given(st.text(max_size=60))
def test_any_content_type_is_known_or_refused(content_type: str) -> None:
    with pytest.raises(errors.UnsupportedMediaType):
        formats.content_format(f"x{content_type}")


@pytest.mark.parametrize("body", [b'"\xff"', b'"\xc0\x80"', b"[" * 100_000, b"NaN", b"", b'"\\ud800"', b"1 2"])
def test_unreadable_json_raises_what_is_declared(body: bytes) -> None:
    with pytest.raises(formats.UNREADABLE):
        formats.decode(body, JSON)


@pytest.mark.parametrize(
    "body", [b"\xa1\xff", b"\xc1", b"\x91" * 100_000, b"", b"\x81\x80\x01", b"\xd7\xff" + b"\xff" * 8]
)
def test_unreadable_messagepack_raises_what_is_declared(body: bytes) -> None:
    with pytest.raises(formats.UNREADABLE):
        formats.decode(body, MSGPACK)
