"""The reference client pulling: pages, broken pulls, starting over, restores."""

import httpx
import pytest

from medtime_backend.client import (
    Keep,
    UnexpectedAnswerError,
    UnreachableError,
    UnsettledError,
)
from medtime_backend.envelope import associated_data, seal
from tests.unit.sync_stub import KEY, LOST, OWNER, Disk, Judge, Stub, always, problem, shared


@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 100, 101])
@pytest.mark.parametrize("page_size", [1, 50, 100])
async def test_pages_bring_everything_once(size: int, page_size: int) -> None:
    stub = Stub()
    writer = stub.device("writer")
    for number in range(size):
        writer.put("note", str(number).encode())
    assert await writer.push() == size
    reader = stub.device("reader", page_size=page_size)
    assert await reader.pull() == size
    assert sorted(filter(None, map(reader.get, reader.ids()))) == sorted(str(n).encode() for n in range(size))
    assert await reader.pull() == 0


async def test_a_pull_goes_on_where_it_broke() -> None:
    stub = Stub()
    writer = stub.device("writer")
    for _ in range(6):
        writer.put("note", b"x")
    await writer.push()
    disk = Disk()
    stub.before.extend([lambda _: None, *[LOST] * 4])
    with pytest.raises(UnreachableError):
        await stub.device("reader", page_size=2, save=disk).pull()
    reader = stub.device("reader", page_size=2, state=disk.load())
    assert await reader.pull() == 4
    assert len(reader.ids()) == 6


async def test_a_feed_that_does_not_advance_ends_in_an_error() -> None:
    stub = Stub()
    page = b'{"entities":[],"clock":"1.0","has_more":true}'
    stuck = httpx.Response(200, content=page, headers={"content-type": "application/json"})
    stub.before.extend([always(stuck)] * 5)
    with pytest.raises(UnexpectedAnswerError, match="advance"):
        await stub.device().pull()
    assert len(stub.requests) == 2


async def test_a_resync_keeps_edits_and_drops_what_was_deleted_and_purged() -> None:
    stub = Stub()
    stub.resync_reason = "purged"
    judge, disk = Judge(Keep.MINE), Disk()
    phone = stub.device(save=disk, page_size=1)
    kept, lost, edited, edited_lost = (phone.put("note", text) for text in (b"a", b"b", b"c", b"d"))
    await phone.sync()
    await phone.pull()
    del stub.rows[lost], stub.rows[edited_lost]
    stub.epoch += 1
    phone.edit(edited, b"c2")
    phone.edit(edited_lost, b"d2")
    new = phone.put("note", b"e")
    stub.before.extend([lambda _: None, lambda _: None, *[LOST] * 4])  # 410, one page, then nothing
    with pytest.raises(UnreachableError):
        await phone.sync()
    phone = stub.device(state=disk.load(), on_conflict=judge, page_size=1)  # a crash in the middle of it
    await phone.sync()
    assert [(c.id, c.reason, c.mine, c.theirs, c.base) for c in judge.asked] == [
        (edited_lost, "unknown", b"d2", None, b"d")
    ]
    texts = {kept: b"a", edited: b"c2", edited_lost: b"d2", new: b"e"}
    assert {key: phone.get(key) for key in phone.ids()} == texts
    assert await phone.verify() == []


async def test_what_the_server_lost_in_a_restore_goes_back() -> None:
    """S33: the devices still hold what was written after the backup."""
    stub = Stub()
    disk = Disk()
    phone = stub.device(save=disk)
    kept, lost, older, newer = (phone.put("note", text) for text in (b"a", b"b", b"c1", b"d1"))
    await phone.sync()
    backup = dict(stub.rows[older])
    phone.edit(older, b"c2")
    await phone.sync()
    await phone.pull()
    del stub.rows[lost]
    stub.rows[older] = backup
    stub.epoch += 1
    stub.store(newer, seal(KEY, b"d2", associated_data(OWNER, newer, "note")), 2, "tablet")
    stub.before.extend([lambda _: None, *[LOST] * 4])  # 410, then nothing
    with pytest.raises(UnreachableError):
        await phone.pull()
    phone = stub.device(state=disk.load(), save=disk)  # a crash in the middle of it, and nobody to ask
    await phone.sync()
    texts = {kept: b"a", lost: b"b", older: b"c2", newer: b"d2"}
    assert {key: phone.get(key) for key in phone.ids()} == texts
    assert await phone.verify() == []
    tablet = stub.device("tablet")
    await tablet.sync()
    assert {key: tablet.get(key) for key in tablet.ids()} == texts


async def test_after_a_restore_the_app_may_let_go_of_what_did_not_come_back() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    phone = stub.device(state=disk.load())
    await phone.pull()
    del stub.rows[entity_id]
    stub.epoch += 1
    judge = Judge(Keep.THEIRS)
    phone = stub.device(state=phone.state, on_conflict=judge)
    await phone.sync()
    assert [(c.reason, c.theirs, c.mine == c.base) for c in judge.asked] == [("unknown", None, True)]
    assert phone.ids() == []


async def test_a_restore_without_a_new_epoch_is_noticed_at_the_next_push() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    phone = stub.device(state=disk.load(), save=disk)
    phone.edit(entity_id, b"v2")
    await phone.sync()
    stub.store(entity_id, seal(KEY, b"v1", associated_data(OWNER, entity_id, "note")), 1, "phone")
    stub.rows[entity_id]["client_seq"] = 1  # below the phone's clock
    judge = Judge(Keep.MINE)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.edit(entity_id, b"v3")
    await phone.push()
    assert [(c.reason, c.theirs) for c in judge.asked] == [("ahead", b"v1")]
    assert phone.get(entity_id) == b"v3"
    assert stub.rows[entity_id]["version"] == 2


async def test_an_entity_the_server_does_not_know_is_a_conflict_of_its_own() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    del stub.rows[entity_id]
    judge = Judge(Keep.MINE)
    phone = stub.device(state=disk.load(), on_conflict=judge)
    phone.edit(entity_id, b"mine")
    await phone.push()
    assert [c.reason for c in judge.asked] == ["unknown"]
    assert stub.rows[entity_id]["version"] == 1


async def test_a_push_told_to_resync_pulls_and_goes_on() -> None:
    stub = Stub()
    entity_id, _, disk = await shared(stub)
    phone = stub.device(state=disk.load())
    phone.edit(entity_id, b"v2")
    stub.before.append(always(problem(410, "resync-required", reason="purged")))
    assert await phone.push() == 1
    assert "clock" not in dict(stub.requests[-2].url.params)


async def test_somebody_who_never_stops_writing_ends_in_an_error() -> None:
    stub = Stub()
    phone = stub.device(on_conflict=lambda _conflict: Keep.MINE)
    entity_id = phone.put("note", b"mine")

    def write(request: httpx.Request) -> None:
        if request.method == "POST":
            version = stub.rows.get(entity_id, {"version": 0})["version"] + 1
            blob = seal(KEY, b"theirs", associated_data(OWNER, entity_id, "note"))
            stub.store(entity_id, blob, version)

    stub.before.extend([write] * 100)
    with pytest.raises(UnsettledError):
        await phone.push()
    stub.before.clear()
    assert await phone.push() == 1
    assert phone.get(entity_id) == b"mine"
