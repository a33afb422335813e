"""The reference client and conflicts: its own echo, choices, deletions, callbacks that fail."""

import pytest

from medtime_backend.client import (
    Keep,
    UnreachableError,
)
from medtime_backend.envelope import associated_data, seal
from tests.unit.sync_stub import KEY, LOST, OWNER, Disk, Judge, Stub, shared


@pytest.mark.parametrize("edited", [False, True])
async def test_its_own_write_is_no_conflict_when_it_comes_back(edited: bool) -> None:  # noqa: FBT001  # a case
    stub = Stub()
    judge, disk = Judge(), Disk()
    phone = stub.device(save=disk)
    entity_id = phone.put("note", b"first")
    stub.after.extend([LOST] * 4)
    with pytest.raises(UnreachableError):
        await phone.push()
    phone = stub.device(state=disk.load(), save=disk, on_conflict=judge)  # after a crash
    if edited:
        phone.edit(entity_id, b"second")
    assert await phone.sync() == (1, int(edited))
    assert judge.asked == []
    assert phone.get(entity_id) == (b"second" if edited else b"first")


async def test_a_conflict_that_shows_its_own_checksum_is_an_echo() -> None:
    stub = Stub()
    judge = Judge()
    phone = stub.device(on_conflict=judge)
    entity_id = phone.put("note", b"first")
    blob = phone.state.own.entities[entity_id].draft or b""
    stub.store(entity_id, blob, 4, "restored-phone")
    await phone.push()
    assert judge.asked == []
    assert phone.state.own.entities[entity_id].version == 4
    assert phone.state.own.entities[entity_id].draft is None


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Keep.MINE, {b"mine"}),
        (Keep.THEIRS, {b"theirs"}),
        (Keep.BOTH, {b"mine", b"theirs"}),
        (b"merged", {b"merged"}),
    ],
)
@pytest.mark.parametrize("call", ["push", "sync"])
async def test_conflicts_are_settled_by_choice(choice: Keep | bytes, expected: set[bytes], call: str) -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    judge = Judge(choice)
    phone, tablet = stub.device(state=disk.load(), on_conflict=judge), stub.device("tablet")
    await tablet.sync()
    tablet.edit(entity_id, b"theirs")
    await tablet.sync()
    phone.edit(entity_id, b"mine")
    other = phone.put("note", b"other")
    await getattr(phone, call)()
    (asked,) = judge.asked
    assert (asked.id, asked.reason) == (entity_id, "stale")
    assert (asked.mine, asked.theirs, asked.base) == (b"mine", b"theirs", b"base")
    await tablet.sync()
    for device in (phone, tablet):
        assert {device.get(key) for key in device.ids()} == expected | {b"other"}
        assert device.get(other) == b"other"
        assert await device.verify() == []


@pytest.mark.parametrize(("choice", "expected"), [(Keep.MINE, [b"mine"]), (Keep.THEIRS, []), (Keep.BOTH, [b"mine"])])
async def test_edited_here_and_deleted_there(choice: Keep, expected: list[bytes]) -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    stub.store(entity_id, b"", 2)
    judge = Judge(choice)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.edit(entity_id, b"mine")
    await phone.push()
    assert [(c.reason, c.theirs) for c in judge.asked] == [("deleted", None)]
    assert [phone.get(key) for key in phone.ids()] == expected
    assert await phone.verify() == []


async def test_deleted_here_and_edited_there_asks_and_both_keeps_theirs() -> None:
    stub = Stub()
    entity_id, judge, disk = await shared(stub)
    stub.store(entity_id, seal(KEY, b"theirs", associated_data(OWNER, entity_id, "note")), 2)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.delete(entity_id)
    await phone.sync()
    assert judge.asked[0].mine is None
    assert phone.get(entity_id) == b"theirs"


async def test_deleted_on_both_sides_is_no_question() -> None:
    stub = Stub()
    entity_id, judge, disk = await shared(stub)
    stub.store(entity_id, b"", 5)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.delete(entity_id)
    await phone.push()
    assert judge.asked == []
    assert phone.state.own.entities == {}


async def test_a_callback_that_fails_is_asked_again_after_a_crash() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    stub.store(entity_id, seal(KEY, b"theirs", associated_data(OWNER, entity_id, "note")), 2)

    def crash(_conflict: object) -> Keep:
        raise KeyboardInterrupt

    phone = stub.device(state=disk.load(), save=disk, on_conflict=crash)
    phone.edit(entity_id, b"mine")
    with pytest.raises(KeyboardInterrupt):
        await phone.sync()
    phone = stub.device(state=disk.load(), on_conflict=Judge(b"merged"))
    assert phone.get(entity_id) == b"mine"
    await phone.sync()
    assert phone.get(entity_id) == b"merged"


async def test_somebody_elses_unreadable_blob_holds_up_nothing_else() -> None:
    stub = Stub()
    entity_id, judge, disk = await shared(stub)
    stub.store(entity_id, seal(bytes(32), b"another key", b""), 2)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.edit(entity_id, b"mine")
    other = phone.put("note", b"other")
    await phone.push()
    assert phone.state.rejected == {entity_id: "unreadable"}
    assert phone.get(entity_id) == b"mine"
    assert other in stub.rows
    assert judge.asked == []
