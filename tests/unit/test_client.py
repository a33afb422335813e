"""The reference client's sync: nothing lost by lost answers, crashes, conflicts, resyncs and refusals."""

import asyncio
from typing import Any

import httpx
import pytest

from medtime_backend.client import (
    DeviceState,
    Keep,
    ProblemError,
    SyncError,
    UnexpectedAnswerError,
    UnknownEntityError,
    UnreachableError,
    UnsettledError,
)
from medtime_backend.envelope import associated_data, seal
from medtime_backend.integrity import checksum_of
from tests.unit.sync_stub import KEY, OWNER, Disk, Judge, Stub, always, body_of, problem

LOST = always(httpx.ReadTimeout("lost"))


async def shared(stub: Stub, plaintext: bytes = b"base", **more: Any) -> tuple[str, Judge, Disk]:
    """Give a phone, saved on a disk, one synced note; return what is needed to go on with it."""
    disk = Disk()
    phone = stub.device(save=disk, **more)
    entity_id = phone.put("note", plaintext)
    await phone.sync()
    return entity_id, Judge(), disk


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


@pytest.mark.parametrize(
    ("status", "slug"), [(400, "invalid-field"), (413, "blob-too-large"), (422, "invalid-entities")]
)
async def test_refused_entities_are_set_aside_and_the_others_sent(status: int, slug: str) -> None:
    stub = Stub()
    phone = stub.device()
    ids = [phone.put("note", str(number).encode()) for number in range(5)]
    bad = {ids[1], ids[3]}

    def refuse(request: httpx.Request) -> httpx.Response | None:
        named = [{"id": item["id"], "reason": slug} for item in body_of(request)["entities"] if item["id"] in bad]
        return problem(status, slug, entities=named) if named else None

    stub.before.extend([refuse] * 2)
    assert await phone.push() == 3
    assert phone.state.rejected == dict.fromkeys(sorted(bad, key=ids.index), slug)
    assert stub.rows.keys() == set(ids) - bad
    assert await phone.push() == 0
    phone.edit(ids[1], b"better")  # other bytes are another try
    assert await phone.push() == 1
    assert phone.state.rejected == {ids[3]: slug}


@pytest.mark.parametrize("status", [400, 403])
async def test_a_refusal_that_names_nothing_is_told(status: int) -> None:
    stub = Stub()
    phone = stub.device()
    phone.put("note", b"x")
    stub.before.append(always(problem(status, "no-way", entities=[{"id": None, "reason": "?"}])))
    with pytest.raises(ProblemError):
        await phone.push()
    assert len(stub.requests) == 1
    assert await phone.push() == 1


async def test_a_stricter_gateway_makes_pushes_smaller() -> None:
    stub = Stub()
    phone = stub.device()
    for _ in range(8):
        phone.put("note", bytes(3000))

    def gateway(request: httpx.Request) -> httpx.Response | None:
        html = {"content-type": "text/html"}
        many = len(body_of(request)["entities"]) > 2
        return httpx.Response(413, text="<html>too large", headers=html) if many else None

    stub.before.extend([gateway] * 50)
    assert await phone.push() == 8


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(413, text="<html>too large"), "too-large"),
        (problem(413, "body-too-large"), "body-too-large"),
        (problem(422, "too-many-entity-types"), "too-many-entity-types"),
    ],
    ids=str,
)
async def test_one_entity_refused_without_being_named_does_not_hold_up_the_others(
    answer: httpx.Response, reason: str
) -> None:
    stub = Stub()
    phone = stub.device()
    ids = [phone.put("note", b"x") for _ in range(9)]

    def refuse(request: httpx.Request) -> httpx.Response | None:
        return answer if ids[3] in {item["id"] for item in body_of(request)["entities"]} else None

    stub.before.extend([refuse] * 50)
    assert await phone.push() == 8
    assert phone.state.rejected == {ids[3]: reason}


async def test_batches_keep_to_the_limits() -> None:
    stub = Stub()
    phone = stub.device()
    for _ in range(205):
        phone.put("note", b"x")
    await phone.push()
    assert [len(body_of(request)["entities"]) for request in stub.requests] == [100, 100, 5]
    stub.requests.clear()
    phone.state.limits.push_body_bytes = 10_000
    for _ in range(7):
        phone.put("note", bytes(3000))
    phone.put("note", bytes(30_000))  # alone above the limit: the server shall say so
    await phone.push()
    assert [len(body_of(request)["entities"]) for request in stub.requests] == [2, 2, 2, 1, 1]


async def test_the_clock_of_a_push_is_kept_only_over_its_own() -> None:
    stub = Stub()
    phone = stub.device()
    phone.put("note", b"x")
    await phone.push()
    assert phone.state.own.clock == ""
    await phone.pull()
    phone.put("note", b"y")
    await phone.push()
    assert phone.state.own.clock == "1.2"
    assert await phone.pull() == 0


async def test_a_receipt_for_something_else_changes_nothing() -> None:
    stub = Stub()
    phone = stub.device()
    entity_id = phone.put("note", b"x")
    content = b'{"synced":1,"conflicts":[],"entities":[{"id":"other","version":1}],"clock":"c"}'
    stub.after.append(always(httpx.Response(200, content=content, headers={"content-type": "application/json"})))
    with pytest.raises(UnexpectedAnswerError):
        await phone.push()
    assert phone.state.pending.keys() == {entity_id}
    assert await phone.push() == 1


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
