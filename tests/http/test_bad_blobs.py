"""Blobs that are too large, not base64, not an envelope, or not what the checksum says."""

import base64
import json

import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.limits import LIMITS
from tests.accounts import Account, blob, entity
from tests.http.problems import CANARY, DEVICE, Refusals

# Without zero padding bits, so that each spelling below differs from the right one in one way.
DATA = b"\x01\x01" + b"\xfb\xff\xbf" * 20
TEXT = base64.b64encode(DATA).decode()

NOT_BASE64 = {
    "urlsafe alphabet": base64.urlsafe_b64encode(DATA).decode(),
    "no padding": TEXT.rstrip("="),
    "too much padding": TEXT + "=",
    "a space": f"{TEXT[:8]} {TEXT[8:]}",
    "a line feed at the end": TEXT + "\n",
    "lines as in e-mail": base64.encodebytes(DATA).decode(),
    "padding inside": f"{TEXT[:8]}===={TEXT[8:]}",
    "another script": "é" + TEXT,
    "cleartext": json.dumps({"drug": CANARY}),
    "one character": "A",
    "null": None,
    "a number": 7,
    "a list": [1, 1],
}
CLEARTEXT = json.dumps({"drug": CANARY, "dose": "5 mg", "times": ["08:00", "20:00"]}).encode()
NOT_ENVELOPES = {
    "empty": b"",
    "cleartext JSON": CLEARTEXT,
    "text": CANARY.encode() * 4,
    "base64 of base64": base64.b64encode(blob()),
    "hex": blob().hex().encode(),
    "another version": b"\x02\x01" + blob()[2:],
    "another algorithm": b"\x01\x03" + blob()[2:],
    "cleartext behind a version": b"\x01" + CLEARTEXT,
    "the header alone": b"\x01\x01",
    "AES-GCM shorter than its tag": b"\x01\x01" + bytes(27),
    "XChaCha20 shorter than its tag": b"\x01\x02" + bytes(39),
    "gzip": b"\x1f\x8b\x08" + bytes(60),
}


async def refuse(refused: Refusals, bad: dict[str, object], status: int, reason: str) -> None:
    problem = await refused(refused.account.push(DEVICE, entity(), bad), status, reason)
    assert problem["entities"] == [{"id": bad["id"], "index": 1, "reason": reason}]


@pytest.mark.parametrize("text", NOT_BASE64.values(), ids=NOT_BASE64)
async def test_not_base64(refused: Refusals, text: object) -> None:
    await refuse(refused, entity(data=DATA) | {"blob": text}, 400, "blob-not-base64")


@pytest.mark.parametrize("data", NOT_ENVELOPES.values(), ids=NOT_ENVELOPES)
async def test_not_an_envelope(refused: Refusals, data: bytes) -> None:
    await refuse(refused, entity(data=data), 422, "not-an-envelope")


@pytest.mark.parametrize("size", [30, LIMITS.blob_bytes])
async def test_smallest_and_largest_blob_are_stored(user: Account, size: int) -> None:
    given = entity(data=blob(size))
    assert (await user.push("phone", given)).status_code == 200
    found, _ = await user.pull_all("tablet")
    assert [(one["blob"], one["blob_size"], one["checksum"]) for one in found] == [
        (given["blob"], size, given["checksum"])
    ]


@pytest.mark.parametrize("more", [1, 2, LIMITS.blob_bytes])
async def test_blob_over_the_limit(refused: Refusals, more: int) -> None:
    await refuse(refused, entity(data=blob(LIMITS.blob_bytes + more)), 413, "blob-too-large")


@pytest.mark.parametrize(
    "checksum",
    [
        checksum_of(DATA).upper(),
        checksum_of(DATA + b"\x00"),
        checksum_of(TEXT.encode()),
        checksum_of(b""),
        "0" * 64,
    ],
    ids=["uppercase", "other bytes", "of the base64 text", "of nothing", "zeros"],
)
async def test_checksum(refused: Refusals, checksum: str) -> None:
    reason = "invalid-entity-field" if checksum != checksum.lower() else "checksum-mismatch"
    await refuse(
        refused, entity(data=DATA) | {"checksum": checksum}, 400 if reason == "invalid-entity-field" else 422, reason
    )


async def test_a_flipped_bit_is_noticed(refused: Refusals) -> None:
    given = entity(data=DATA)
    flipped = DATA[:-1] + bytes([DATA[-1] ^ 1])
    await refuse(refused, given | {"blob": base64.b64encode(flipped).decode()}, 422, "checksum-mismatch")
