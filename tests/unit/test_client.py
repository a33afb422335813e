"""The reference client's sync: nothing lost by lost answers, crashes, conflicts, resyncs and refusals."""

import asyncio

import httpx
import pytest

from medtime_backend.client import (
    DeviceState,
    ProblemError,
    SyncError,
    UnknownEntityError,
    UnreachableError,
)
from medtime_backend.integrity import checksum_of
from tests.unit.sync_stub import KEY, LOST, OWNER, Stub, always, body_of, problem, shared


async def test_two_devices_see_each_other() -> None:
    stub = Stub()
    phone, tablet = stub.device("phone"), stub.device("tablet")
    entity_id = phone.put("note", b"one")
    assert await phone.sync() == (0, 1)
    assert await tablet.sync() == (1, 0)
    tablet.edit(entity_id, b"two")
    await tablet.sync()
    await phone.sync()
    assert phone.get(entity_id) == b"two"
    phone.delete(entity_id)
    assert phone.get(entity_id) is None
    await phone.sync()
    await tablet.sync()
    assert tablet.ids() == []
    assert await phone.verify() == await tablet.verify() == []
    with pytest.raises(UnknownEntityError):
        tablet.edit(entity_id, b"three")
    with pytest.raises(UnknownEntityError):
        phone.delete(entity_id)


async def test_verify_names_the_types_that_differ() -> None:
    stub = Stub()
    phone = stub.device()
    for entity_type in ("dose", "note", "plan"):
        phone.put(entity_type, entity_type.encode())
    await phone.sync()
    next(e for e in phone.state.own.entities.values() if e.entity_type == "note").version += 1
    del phone.state.own.entities[next(k for k in phone.ids() if phone.get(k) == b"plan")]
    assert await phone.verify() == ["note", "plan"]


async def test_made_and_deleted_unseen_is_never_sent() -> None:
    stub = Stub()
    phone = stub.device()
    phone.delete(phone.put("note", b"oops"))
    assert await phone.sync() == (0, 0)
    assert phone.state.own.entities == {}


async def test_a_lost_answer_is_asked_for_again_with_the_same_bytes() -> None:
    stub = Stub()
    phone = stub.device()
    entity_id = phone.put("note", b"first")
    stub.after.extend([LOST] * 4)
    with pytest.raises(UnreachableError):
        await phone.push()
    phone.edit(entity_id, b"second")  # waits for the answer
    assert await phone.push() == 2
    pushes = [body_of(request)["entities"] for request in stub.requests]
    assert pushes[0] == pushes[3] == pushes[4]
    assert [push[0]["base_version"] for push in pushes[4:]] == [0, 1]
    assert phone.get(entity_id) == b"second"
    assert stub.rows[entity_id]["version"] == 2


async def test_an_edit_during_a_push_is_not_taken_for_sent() -> None:
    stub = Stub()
    phone = stub.device()
    entity_id = phone.put("note", b"first")

    def type_on(_request: httpx.Request) -> None:
        phone.edit(entity_id, b"second")

    stub.after.append(type_on)
    assert await phone.push() == 2
    assert stub.rows[entity_id]["version"] == 2
    assert phone.get(entity_id) == b"second"


async def test_a_caregiver_reads_with_the_owners_key() -> None:
    stub = Stub()
    entity_id, _, _ = await shared(stub, b"hers")
    him = "0b6f3c52-5d0e-4b2c-9a51-3f1f6d3c9f02"
    caregiver = stub.device("his", owner=him, shared_keys={OWNER: KEY})
    assert await caregiver.pull(OWNER) == 1
    assert stub.requests[-1].url.params["owner"] == OWNER
    assert caregiver.ids(OWNER) == [entity_id]
    assert caregiver.get(entity_id, OWNER) == b"hers"
    assert caregiver.ids() == []
    stub.before.append(always(problem(403, "not-a-caregiver")))
    with pytest.raises(ProblemError):
        await caregiver.pull(OWNER)
    assert caregiver.ids(OWNER) == []


async def test_another_users_clock_is_not_answered_with_this_ones_data() -> None:
    stub = Stub()
    phone = stub.device(owner="0b6f3c52-5d0e-4b2c-9a51-000000000000")
    phone.put("note", b"x")
    phone.state.own.clock = "1.0"
    stub.before.append(always(problem(410, "resync-required", reason="foreign")))
    with pytest.raises(SyncError, match="another user"):
        await phone.sync()
    assert "/sync/push" not in stub.paths()


async def test_calls_of_one_device_take_turns() -> None:
    stub = Stub()
    phone = stub.device()
    for _ in range(3):
        phone.put("note", b"x")
    results = await asyncio.gather(*(phone.sync() for _ in range(5)))
    assert sum(pushed for _, pushed in results) == 3
    assert stub.seq == 3


async def test_the_state_survives_as_bytes_without_cleartext() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub, b"metformin")
    phone = stub.device(state=disk.load(), save=disk)
    phone.edit(entity_id, b"metformin forte")
    assert b"metformin" not in disk.dumped
    assert KEY not in disk.dumped
    assert DeviceState.load(disk.dumped) == phone.state
    assert repr(KEY) not in repr(phone)
    assert checksum_of(phone.state.own.entities[entity_id].blob) == stub.rows[entity_id]["checksum"]
