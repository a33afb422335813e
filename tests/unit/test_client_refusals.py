"""The reference client and refused pushes: entities set aside, smaller batches, receipts."""

import httpx
import pytest

from medtime_backend.client import (
    ProblemError,
    UnexpectedAnswerError,
)
from tests.unit.sync_stub import Stub, always, body_of, problem


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
