"""Bodies that are not MessagePack, or MessagePack of other types than a push has."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from tests.accounts import blob, entity
from tests.http.problems import DEVICE, MSGPACK, Refusals, send

GOOD = entity()
PUSH = json.dumps({"device_id": DEVICE, "entities": [GOOD]}).encode()
RAW = {**GOOD, "blob": blob(60)}
PACKED = msgspec.msgpack.encode({"device_id": DEVICE, "entities": [RAW]})
HEAD = b"\x82\xa9device_id\xa1a\xa8entities"
BROKEN_MSGPACK = {
    "nothing": b"",
    "cut short": PACKED[:-1],
    "something behind": PACKED + b"\xc0",
    "a reserved byte": b"\xc1",
    "an array of 4 G": HEAD + b"\xdd\xff\xff\xff\xff",
    "a map of 4 G": b"\xdf\xff\xff\xff\xff",
    "a string of 4 G": b"\x82\xa9device_id\xdb\xff\xff\xff\xff",
    "text that is not UTF-8": b"\x82\xa9device_id\xa1\xff\xa8entities\x90",
    "a key that is a map": b"\x83\x80\x01" + HEAD[1:] + b"\x90",
    "a timestamp out of range": b"\x82\xa9device_id\xd7\xff" + b"\xff" * 8 + b"\xa8entities\x90",
    "deep": b"\x91" * 100_000,
    "deep inside": HEAD + b"\x91" + b"\x91" * 50_000 + b"\x90",
    "JSON": PUSH,
}


@pytest.mark.parametrize("body", BROKEN_MSGPACK.values(), ids=BROKEN_MSGPACK)
async def test_broken_messagepack(refused: Refusals, body: bytes) -> None:
    await refused(send(refused.account, body, MSGPACK), 400, "malformed-body")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("blob", msgspec.msgpack.Ext(5, b"\x01\x01" + bytes(60)), "blob-not-base64"),
        ("blob", "base64 belongs to JSON", "blob-not-base64"),
        ("id", datetime.now(UTC), "invalid-entity-field"),
        ("id", msgspec.msgpack.Ext(1, b"x"), "invalid-entity-field"),
        ("entity_type", b"note", "invalid-entity-field"),
        ("base_version", 1.0, "malformed-precondition"),
        ("base_version", 2**64 - 1, "malformed-precondition"),
        ("base_version", datetime.now(UTC), "malformed-precondition"),
        ("checksum", b"\x00" * 32, "invalid-entity-field"),
    ],
)
async def test_messagepack_types(refused: Refusals, field: str, value: object, reason: str) -> None:
    body = msgspec.msgpack.encode({"device_id": DEVICE, "entities": [{**RAW, field: value}]})
    problem = await refused(send(refused.account, body, MSGPACK), 400, reason)
    assert [(named["index"], named["reason"]) for named in problem["entities"]] == [(0, reason)]


@pytest.mark.parametrize("value", [datetime.now(UTC), msgspec.msgpack.Ext(5, b"x"), b"phone"])
async def test_messagepack_types_around_the_entities(refused: Refusals, value: object) -> None:
    body = msgspec.msgpack.encode({"device_id": value, "entities": [RAW]})
    assert (await refused(send(refused.account, body, MSGPACK), 400, "invalid-field"))["field"] == "device_id"
