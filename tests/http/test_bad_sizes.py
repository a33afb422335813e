"""Bodies over the limit, as sent or inflated; encodings and content types that are not read."""

import gzip
import json
import os
import zlib
from collections.abc import AsyncIterator

import pytest

from medtime_backend.limits import LIMITS
from tests.accounts import entity
from tests.http.problems import CANARY, DEVICE, JSON, Refusals, send

LIMIT = LIMITS.push_body_bytes
GZIP = {"Content-Encoding": "gzip"}
PUSH = json.dumps({"device_id": DEVICE, "entities": [entity()]}).encode()
PACKED = gzip.compress(PUSH)


async def chunks(size: int) -> AsyncIterator[bytes]:
    sent = 0
    while sent < size:
        piece = (CANARY.encode() * 6000)[: size - sent]
        sent += len(piece)
        yield piece


async def test_body_over_the_limit_with_its_length(refused: Refusals) -> None:
    problem = await refused(send(refused.account, PUSH + b" " * (LIMIT + 1 - len(PUSH))), 413, "body-too-large")
    assert problem["limit"] == LIMIT


async def test_body_over_the_limit_without_a_length(refused: Refusals) -> None:
    push = refused.account.http.post("/sync/push", content=chunks(LIMIT + 1), headers={"Content-Type": JSON})
    await refused(push, 413, "body-too-large")


async def test_a_body_of_exactly_the_limit_is_read(refused: Refusals) -> None:
    await refused(send(refused.account, PUSH[:-1] + b"," * (LIMIT + 1 - len(PUSH))), 400, "malformed-body")


@pytest.mark.parametrize("bombs", [1, 8])
async def test_gzip_bomb(refused: Refusals, bombs: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(LIMIT)) for _ in range(bombs)) + packer.compress(b" ") + packer.flush()
    assert len(bomb) < LIMIT / 100
    problem = await refused(send(refused.account, bomb, headers=GZIP), 413, "body-too-large")
    assert problem["limit"] == LIMIT


async def test_a_bomb_is_not_unpacked_beyond_the_limit_before_it_is_refused(refused: Refusals) -> None:
    """It is broken behind twice the limit: whoever inflates all of it says so."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(bytes(2 * LIMIT)) + packer.flush(zlib.Z_FULL_FLUSH) + os.urandom(64)
    await refused(send(refused.account, bomb, headers=GZIP), 413, "body-too-large")


BROKEN_GZIP = {
    "nothing": b"",
    "not gzip": PUSH,
    "zlib": zlib.compress(PUSH),
    "deflate alone": zlib.compress(PUSH, wbits=-15),
    "the header alone": PACKED[:10],
    "cut short": PACKED[:-9],
    "without its length": PACKED[:-4],
    "another checksum": PACKED[:-8] + bytes(4) + PACKED[-4:],
    "another length": PACKED[:-4] + bytes(4),
    "something behind": PACKED + CANARY.encode(),
    "zeros behind": PACKED + bytes(16),
    "two members": gzip.compress(PUSH[:40]) + gzip.compress(PUSH[40:]),
    "gzip in gzip": gzip.compress(PACKED),
}


@pytest.mark.parametrize("body", BROKEN_GZIP.values(), ids=BROKEN_GZIP)
async def test_broken_gzip(refused: Refusals, body: bytes) -> None:
    await refused(send(refused.account, body, headers=GZIP), 400, "malformed-body")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "identity, gzip", CANARY, "*"])
async def test_unknown_content_encoding(refused: Refusals, encoding: str) -> None:
    push = send(refused.account, PACKED, headers={"Content-Encoding": encoding})
    await refused(push, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/json-patch+json", "application/problem+json", "application/jsonx", "json", "*/*"),
        *("", ";", "application/json, application/msgpack", f"application/{CANARY}"),
    ],
)
async def test_wrong_content_type(refused: Refusals, content_type: str) -> None:
    await refused(send(refused.account, PUSH, content_type), 415, "unsupported-media-type")


async def test_missing_content_type(refused: Refusals) -> None:
    await refused(refused.account.http.post("/sync/push", content=PUSH), 415, "unsupported-media-type")
