"""One call of the reference client: retries, back-off, tokens, formats, and answers that are none of ours."""

import httpx
import msgspec
import pytest

from medtime_backend.client import (
    OwnerMismatchError,
    ProblemError,
    SyncError,
    UnexpectedAnswerError,
    UnreachableError,
)
from tests.unit.sync_stub import Stub, always, body_of, problem

OFFLINE = always(httpx.ConnectError("offline"))
HTML = {"content-type": "text/html; charset=utf-8"}
NOTE = b"x" * 40


def busy(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    return problem(status, "busy", headers, retryable=True)


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        busy(429),
        busy(503),
        problem(500, "internal-error", retryable=True),
        httpx.Response(502, text="<html>", headers=HTML),
        httpx.Response(504),
    ],
    ids=str,
)
async def test_what_may_pass_is_retried_three_times_and_then_told(
    fault: httpx.Response | Exception,
) -> None:
    stub = Stub()
    stub.before.extend([always(fault)] * 3)
    await stub.device().pull()
    assert len(stub.requests) == 4
    stub.before.extend([always(fault)] * 4)
    with pytest.raises(SyncError) as refused:
        await stub.device().pull()
    assert refused.value.retryable
    assert len(stub.requests) == 8


async def test_back_off_doubles_from_one_second_with_jitter() -> None:
    for random, expected in ((0.0, [1.0, 2.0, 4.0]), (0.5, [1.25, 2.5, 5.0]), (1.0, [1.5, 3.0, 6.0])):
        stub = Stub()
        stub.before.extend([OFFLINE] * 3)
        await stub.device(random=lambda value=random: value).pull()
        assert stub.slept == expected


@pytest.mark.parametrize(
    ("given", "waited"),
    [
        ("7", 7.5),
        ("0", 0.5),
        ("3600", 3600),
        ("99999999999", 3600),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1.25),
        ("-5", 1.25),
        ("1.5", 1.25),
        ("٣", 1.25),
    ],
)
async def test_retry_after_is_kept_and_capped(given: str, waited: float) -> None:
    stub = Stub()
    answer = busy(429)
    answer.headers = httpx.Headers([*answer.headers.raw, (b"retry-after", given.encode())])
    stub.before.append(always(answer))
    await stub.device().pull()
    assert stub.slept == [waited]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (403, False), (403, True), (404, True), (500, False), (503, False)],
)
async def test_what_cannot_pass_is_not_retried(status: int, retryable: bool) -> None:  # noqa: FBT001  # a case
    stub = Stub()
    stub.before.append(always(problem(status, "no-way", retryable=retryable)))
    with pytest.raises(ProblemError, match="no-way: no-way") as refused:
        await stub.device().pull()
    assert refused.value.problem.slug == "no-way"
    assert refused.value.status == status
    assert len(stub.requests) == 1
    assert stub.slept == []


async def test_a_refused_token_is_renewed_once() -> None:
    stub = Stub()
    stub.before.append(always(problem(401, "invalid-token")))
    await stub.device().pull()
    assert stub.tokens == [False, True]
    assert [r.headers["authorization"] for r in stub.requests] == ["Bearer kept", "Bearer fresh"]
    assert stub.slept == []
    stub.before.extend([always(problem(401, "invalid-token"))] * 2)
    with pytest.raises(ProblemError) as refused:
        await stub.device().pull()
    assert refused.value.problem.slug == "invalid-token"
    assert stub.tokens == [False, True] * 2


async def test_a_token_that_expires_between_two_pages_costs_nothing() -> None:
    stub, writer = Stub(), Stub().device()
    for _ in range(5):
        entity_id = writer.put("note", NOTE)
        stub.store(entity_id, writer.state.own.entities[entity_id].draft or b"", 1)
    stub.before.extend([lambda _: None, always(problem(401, "invalid-token"))])
    reader = stub.device("reader", page_size=2)
    assert await reader.pull() == 5
    assert len(reader.ids()) == 5


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>not found", headers=HTML),
        httpx.Response(200, text="<html>log in to the hotel", headers=HTML),
        httpx.Response(302, headers={"location": "https://portal.test"}),
        httpx.Response(204),
        httpx.Response(200, content=b'{"entities":[', headers={"content-type": "application/json"}),
        httpx.Response(200, content=b"\xff\xfe", headers={"content-type": "application/json"}),
        httpx.Response(200, content=b"{}", headers={"content-type": "application/json"}),
        httpx.Response(200, content=b"[]", headers={"content-type": "application/msgpack"}),
        httpx.Response(200, content=b"\xc1", headers={"content-type": "application/msgpack"}),
        httpx.Response(400, content=b"null", headers={"content-type": "application/problem+json"}),
        httpx.Response(400, content=b'{"type":"\xff"}', headers={"content-type": "application/problem+json"}),
    ],
    ids=str,
)
async def test_answers_of_proxies_and_garbled_ones_are_a_declared_error(answer: httpx.Response) -> None:
    stub = Stub()
    stub.before.append(always(answer))
    device = stub.device()
    device.put("note", NOTE)
    with pytest.raises(UnexpectedAnswerError):
        await device.pull()
    stub.before.append(always(answer))
    with pytest.raises(UnexpectedAnswerError):
        await device.push()
    assert await device.sync() == (0, 1)


async def test_a_body_that_does_not_inflate_is_a_declared_error() -> None:
    stub = Stub()
    stub.before.append(always(httpx.DecodingError("not gzip")))
    with pytest.raises(UnexpectedAnswerError):
        await stub.device().pull()


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_both_formats_carry_the_same(wire: str) -> None:
    stub = Stub()
    writer = stub.device("writer", format=wire)
    entity_id = writer.put("note", bytes(range(256)))
    gone = writer.put("note", NOTE)
    await writer.sync()
    writer.delete(gone)
    await writer.sync()
    reader = stub.device("reader", format=wire)
    await reader.pull()
    assert reader.get(entity_id) == bytes(range(256))
    assert reader.ids() == [entity_id]
    assert await reader.verify() == []
    push = next(r for r in stub.requests if r.method == "POST")
    assert push.headers["content-type"] == f"application/{wire}"
    assert push.headers["accept"].startswith(f"application/{wire}")


async def test_bodies_are_gzipped_above_1_kib() -> None:
    stub = Stub()
    device = stub.device()
    device.put("note", b"small")
    await device.push()
    device.put("note", bytes(2000))
    await device.push()
    small, large = stub.requests
    assert "content-encoding" not in small.headers
    assert large.headers["content-encoding"] == "gzip"
    assert len(body_of(large)["entities"]) == 1


async def test_a_push_has_the_shape_of_the_protocol() -> None:
    stub = Stub()
    device = stub.device()
    entity_id = device.put("note", NOTE)
    await device.push()
    body = msgspec.json.decode(stub.requests[0].content)
    blob = device.state.own.entities[entity_id].blob
    item = {
        "id": entity_id,
        "entity_type": "note",
        "base_version": 0,
        "blob": msgspec.to_builtins(blob),
        "checksum": device.state.own.entities[entity_id].checksum,
        "deleted": False,
    }
    assert body == {"device_id": "phone", "entities": [item]}


async def test_owner_and_limits_are_learnt_from_status() -> None:
    stub = Stub()
    stub.limits["entities_per_push"] = 2
    device = stub.device(owner=None)
    with pytest.raises(OwnerMismatchError):
        device.put("note", NOTE)
    await device.pull()
    for _ in range(5):
        device.put("note", NOTE)
    assert await device.push() == 5
    assert stub.paths() == ["/sync/status", "/sync/pull"] + ["/sync/push"] * 3


async def test_another_users_token_is_not_used_with_this_state() -> None:
    stub = Stub()
    device = stub.device(owner="0b6f3c52-5d0e-4b2c-9a51-000000000000")
    with pytest.raises(OwnerMismatchError):
        await device.status()


async def test_without_any_network_the_error_says_so() -> None:
    stub = Stub()
    stub.before.extend([OFFLINE] * 4)
    with pytest.raises(UnreachableError, match="ConnectError") as refused:
        await stub.device().pull()
    assert refused.value.status == 0
