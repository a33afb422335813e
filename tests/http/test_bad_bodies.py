"""Bodies that are not a push: wrong fields around the entities, broken JSON."""

import json

import msgspec
import pytest

from tests.accounts import entity
from tests.http.problems import CANARY, DEVICE, Refusals, send

GOOD = entity()
PUSH = json.dumps({"device_id": DEVICE, "entities": [GOOD]}).encode()
NO_DEVICES = ["", f"{DEVICE}\n", f"{DEVICE} ", "phöne", "\x00", "\ud83d\udcf1", "x" * 65, "x" * 10_000, 7, None, [], {}]


def push_of(**fields: object) -> bytes:
    return json.dumps({"device_id": DEVICE, "entities": [entity()], **fields}).encode()


@pytest.mark.parametrize("value", NO_DEVICES, ids=lambda value: repr(value)[:16])
async def test_device_id(refused: Refusals, value: object) -> None:
    problem = await refused(send(refused.account, push_of(device_id=value)), 400, "invalid-field")
    assert problem["field"] == "device_id"


@pytest.mark.parametrize("value", [[], {}, None, CANARY, 7, True], ids=repr)
async def test_entities(refused: Refusals, value: object) -> None:
    problem = await refused(send(refused.account, push_of(entities=value)), 400, "invalid-field")
    assert problem["field"] == "entities"


@pytest.mark.parametrize("value", [7, [], {"a": 1}, True], ids=repr)
async def test_clock(refused: Refusals, value: object) -> None:
    problem = await refused(send(refused.account, push_of(clock=value)), 400, "invalid-field")
    assert problem["field"] == "clock"


@pytest.mark.parametrize("field", ["device_id", "entities"])
async def test_missing_field(refused: Refusals, field: str) -> None:
    fields = {name: value for name, value in json.loads(PUSH).items() if name != field}
    problem = await refused(send(refused.account, json.dumps(fields).encode()), 400, "invalid-field")
    assert problem["field"] == field


@pytest.mark.parametrize("field", [CANARY, "Device_id", "owner", "user_id"])
async def test_unknown_field_is_not_repeated(refused: Refusals, field: str) -> None:
    problem = await refused(send(refused.account, push_of(**{field: CANARY})), 400, "invalid-field")
    assert problem["field"] == "unknown"


async def test_101_entities(refused: Refusals) -> None:
    problem = await refused(refused.account.push(DEVICE, *(entity() for _ in range(101))), 413, "too-many-entities")
    assert problem["limit"] == 100


BROKEN_JSON = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[" + PUSH + b"]",
    "a string": json.dumps(CANARY).encode(),
    "cut short": PUSH[:-1],
    "something behind": PUSH + b" x",
    "two values": PUSH + PUSH,
    "single quotes": PUSH.replace(b'"', b"'"),
    "a comma too many": PUSH[:-2] + b",]}",
    "a comment": PUSH + b"// " + CANARY.encode(),
    "NaN": PUSH.replace(b": 0", b": NaN"),
    "Infinity": PUSH.replace(b": 0", b": Infinity"),
    "a raw NUL": PUSH.replace(b"note", b"no\x00te"),
    "a raw line feed": PUSH.replace(b"note", b"no\nte"),
    "a lone surrogate": PUSH.replace(b"note", b"no\\ud800te"),
    "a lone surrogate in the device": PUSH.replace(DEVICE.encode(), b"\\udfff"),
    "bytes that are not UTF-8": PUSH.replace(DEVICE.encode(), b"\xff" + CANARY.encode()),
    "overlong UTF-8": PUSH.replace(DEVICE.encode(), b"\xc0\xaf"),
    "an encoded surrogate": PUSH.replace(DEVICE.encode(), b"\xed\xa0\x80"),
    "a key that is not UTF-8": PUSH.replace(b"device_id", b"\xff"),
    "UTF-16": PUSH.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + PUSH,
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep and open": b'{"device_id":' * 100_000,
    "deep inside": PUSH[:-2] + b"," + b"[" * 50_000 + b"]" * 50_000 + b"]}",
    "MessagePack": msgspec.msgpack.encode({"device_id": DEVICE, "entities": [GOOD]}),
}


@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON)
async def test_broken_json(refused: Refusals, body: bytes) -> None:
    await refused(send(refused.account, body), 400, "malformed-body")


@pytest.mark.parametrize(
    ("right", "wrong", "reason", "id_"),
    [
        (b'"note"', b'"no\xffte"', "invalid-entity-field", GOOD["id"]),
        (b'"id"', b'"\xff"', "invalid-entity-field", None),
        (b'"note"', b'"no\\u0000te"', "invalid-entity-field", GOOD["id"]),
        (b": 0", b": " + b"9" * 5000, "malformed-precondition", GOOD["id"]),
        (b": 0", b": 1e999", "malformed-precondition", GOOD["id"]),
        (b": 0", b": -0.0", "malformed-precondition", GOOD["id"]),
    ],
    ids=["not UTF-8", "a key that is not UTF-8", "an escaped NUL", "5000 digits", "1e999", "-0.0"],
)
async def test_an_entity_that_cannot_be_read_is_named(
    refused: Refusals, right: bytes, wrong: bytes, reason: str, id_: str | None
) -> None:
    problem = await refused(send(refused.account, PUSH.replace(right, wrong, 1)), 400, reason)
    assert problem["entities"] == [{"id": id_, "index": 0, "reason": reason}]


async def test_of_a_repeated_key_the_last_counts_everywhere(refused: Refusals) -> None:
    entities = json.loads(PUSH)["entities"]
    body = json.dumps({"device_id": DEVICE, "entities": entities})[:-1] + ',"device_id":"other phone"}'
    assert (await refused(send(refused.account, body.encode()), 400, "invalid-field"))["field"] == "device_id"
