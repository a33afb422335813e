"""Clocks that no device of this owner can have: 410 with a reason, and nothing stored."""

import base64
import os
import zlib
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from medtime_backend import vector_clock
from medtime_backend.vector_clock import Clock
from tests.accounts import Account, entity
from tests.http.problems import CANARY, DEVICE, Refusals, problem_of


@pytest.fixture(scope="session")
async def clock(refused: Refusals) -> str:
    """A clock that the account may use."""
    answer = await refused.account.push("phone", entity())
    assert answer.status_code == 200
    return str(answer.json()["clock"])


def forged(*fields: object) -> str:
    """A token with the right check, but fields that no server has written."""
    body = msgspec.msgpack.encode(fields)
    return base64.urlsafe_b64encode(body + zlib.crc32(body).to_bytes(4)).rstrip(b"=").decode()


async def refuse(refused: Refusals, clock: str, reason: str) -> None:
    """Neither a pull nor a push may go on with this clock."""
    account = refused.account
    problem = await refused(account.http.get("/sync/pull", params={"device_id": DEVICE, "clock": clock}), 410, RESYNC)
    assert problem["reason"] == reason
    problem = await refused(account.push(DEVICE, entity(), clock=clock), 410, RESYNC)
    assert problem["reason"] == reason


RESYNC = "resync-required"
BROKEN = {
    "empty": "",
    "a blank": " ",
    "a word": CANARY,
    "random bytes": base64.urlsafe_b64encode(os.urandom(80)).rstrip(b"=").decode(),
    "10 kB": base64.urlsafe_b64encode(os.urandom(7500)).decode(),
    "40 kB of A": "A" * 40_000,
    "not ASCII": "\u00fcmlaut\U0001f4f1",
    "NUL": "\x00" * 8,
    "JSON": '{"epoch": 1}',
    "no map": forged(1, bytes(16), bytes(16), None, None, 5),
    "a later format": forged(2, bytes(16), bytes(16), None, None, {}),
    "too few fields": forged(1, bytes(16)),
    "a short epoch": forged(1, bytes(15), bytes(16), None, None, {}),
    "a counter below zero": forged(1, bytes(16), bytes(16), None, None, {"phone": -1}),
    "a counter above bigint": forged(1, bytes(16), bytes(16), None, None, {"phone": 2**63}),
    "a counter that is text": forged(1, bytes(16), bytes(16), None, None, {"phone": "1"}),
    "not UTF-8": forged(1, bytes(16), bytes(16), None, None, {"phone": 1}).replace("cGhvbm", "_____w"),
}


@pytest.mark.parametrize("token", BROKEN.values(), ids=BROKEN)
async def test_unreadable(refused: Refusals, token: str) -> None:
    await refuse(refused, token, "unreadable")


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 20, 60])
async def test_cut_short(refused: Refusals, clock: str, cut: int) -> None:
    await refuse(refused, clock[:-cut], "unreadable")


async def test_every_flipped_bit_is_noticed(clock: str) -> None:
    raw = base64.urlsafe_b64decode(clock + "=" * (-len(clock) % 4))
    for place in range(8 * len(raw)):
        broken = bytearray(raw)
        broken[place // 8] ^= 1 << place % 8
        with pytest.raises(vector_clock.UnreadableClockError):
            vector_clock.read(base64.urlsafe_b64encode(broken).rstrip(b"=").decode())


@pytest.mark.parametrize("spelling", ["{}=", "{}A", " {}", "{}\n", "{0}{0}"])
async def test_spelled_otherwise(refused: Refusals, clock: str, spelling: str) -> None:
    await refuse(refused, spelling.format(clock), "unreadable")


@pytest.mark.parametrize(
    "fields",
    [
        {"counters": {"phone\x00": 1}},
        {"counters": {"pho ne": 1}},
        {"counters": {"": 1}},
        {"counters": {"x" * 65: 1}},
        {"purges": 2**63},
        {"purges": -1},
    ],
    ids=repr,
)
async def test_what_the_database_cannot_take_is_unreadable(
    refused: Refusals, clock: str, fields: dict[str, Any]
) -> None:
    await refuse(refused, vector_clock.write(msgspec.structs.replace(vector_clock.read(clock), **fields)), "unreadable")


async def test_of_another_owner(refused: Refusals, user: Account) -> None:
    theirs = (await user.push("phone", entity())).json()["clock"]
    await refuse(refused, theirs, "foreign")


async def test_of_another_selection(refused: Refusals, clock: str) -> None:
    filtered = (await refused.account.pull("phone", entity_type="note")).json()["clock"]
    await refuse(refused, filtered, "foreign")
    query = {"device_id": DEVICE, "clock": clock, "entity_type": "note"}
    problem = await refused(refused.account.http.get("/sync/pull", params=query), 410, RESYNC)
    assert problem["reason"] == "foreign"


async def test_of_another_epoch(refused: Refusals, clock: str) -> None:
    held = vector_clock.read(clock)
    other = vector_clock.write(Clock(uuid4(), held.owner, None, None, held.counters))
    problem = await refused(refused.account.pull(DEVICE, other), 410, RESYNC)
    assert problem["reason"] == "epoch"


async def test_a_push_with_a_clock_of_another_epoch(refused: Refusals, clock: str) -> None:
    """After a restore version numbers are given anew: one from the lost history must not pass for a newer write."""
    held = vector_clock.read(clock)
    other = vector_clock.write(Clock(uuid4(), held.owner, None, None, held.counters))
    problem = await refused(refused.account.push(DEVICE, entity(), clock=other), 410, RESYNC)
    assert problem["reason"] == "epoch"


async def test_of_the_future_loses_nothing(user: Account) -> None:
    """A forged counter misleads its own device alone: a push neither fails nor gives the clock more than it had."""
    answer = await user.push("phone", entity())
    held = vector_clock.read(answer.json()["clock"])
    ahead = vector_clock.write(held.raised([("phone", 2**63 - 1), ("never seen", 5)]).raised([]))
    assert problem_of(await user.push("phone", entity(), clock=ahead), 410, RESYNC)["reason"] == "unreadable"
    ahead = vector_clock.write(held.raised([("phone", 2**63 - 1), ("never.seen", 5)]))
    answer = await user.push("phone", entity(), clock=ahead)
    assert answer.status_code == 200
    assert answer.json()["clock"] == ahead
    assert (await user.pull("phone", ahead)).json()["entities"] == []
    assert len((await user.pull_all("phone"))[0]) == 2
