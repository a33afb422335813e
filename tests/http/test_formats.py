"""JSON and MessagePack say the same; gzip, Accept, Vary and request ids."""

import base64
import gzip
import json
from typing import Any

import httpx
import msgspec
import pytest

from medtime_backend.formats import GZIP_ABOVE
from tests.accounts import Account, blob, entity, tombstone
from tests.http.problems import JSON, MSGPACK, PROBLEM, Refusals, problem_of, send


def unpacked(answer: httpx.Response) -> Any:
    """The answer's value, with blobs as base64 whatever the format."""
    if answer.headers["content-type"] == JSON:
        return answer.json()
    assert answer.headers["content-type"] == MSGPACK
    value = msgspec.msgpack.decode(answer.content)
    for one in value["entities"]:
        if "blob" in one:
            assert isinstance(one["blob"], bytes)
            one["blob"] = base64.b64encode(one["blob"]).decode()
    return value


def packed(device: str, *entities: dict[str, Any]) -> bytes:
    """A push as MessagePack, where blobs are bytes."""
    raw = [{**one, "blob": base64.b64decode(one["blob"])} if "blob" in one else one for one in entities]
    return msgspec.msgpack.encode({"device_id": device, "entities": raw})


async def test_both_formats_are_equal(user: Account) -> None:
    first, second = entity(), entity(data=blob(5000))
    assert (await user.push("phone", first, entity())).status_code == 200
    answer = await send(user, packed("phone", second, tombstone(first["id"], 1)), MSGPACK, {"Accept": MSGPACK})
    assert unpacked(answer).keys() == {"synced", "conflicts", "entities", "clock"}
    assert [one["version"] for one in unpacked(answer)["entities"]] == [1, 2]
    # The same push once more, in the other format, is a retry: it must come out alike in all fields.
    assert (await user.push("phone", second, tombstone(first["id"], 1))).json() == unpacked(answer)
    for path, query in (("pull", {"device_id": "tablet"}), ("status", {"digest": "true"})):
        as_json = await user.http.get(f"/sync/{path}", params=query, headers={"Accept": JSON})
        as_msgpack = await user.http.get(f"/sync/{path}", params=query, headers={"Accept": MSGPACK})
        if path == "pull":
            assert len(as_json.json()["entities"]) == 3
            assert unpacked(as_msgpack) == as_json.json()
        else:
            assert msgspec.msgpack.decode(as_msgpack.content) == as_json.json()


async def test_refusals_are_equal_and_always_problem_json(refused: Refusals) -> None:
    bad = [entity(data=b"not sealed"), entity() | {"checksum": "0" * 64}, entity(base_version=-1)]
    by_json = await refused(refused.account.push("phone", *bad), 422, "invalid-entities")
    by_msgpack = await refused(
        send(refused.account, packed("phone", *bad), MSGPACK, {"Accept": MSGPACK}), 422, "invalid-entities"
    )
    assert by_json | {"request_id": ""} == by_msgpack | {"request_id": ""}


@pytest.mark.parametrize("name", ["application/x-msgpack", "application/vnd.msgpack", "Application/MsgPack; v=1"])
async def test_other_names_of_messagepack(user: Account, name: str) -> None:
    answer = await send(user, packed("phone", entity()), name, {"Accept": name})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MSGPACK


@pytest.mark.parametrize("name", ["application/json; charset=utf-8", "APPLICATION/JSON", " application/json ;x"])
async def test_other_spellings_of_json(user: Account, name: str) -> None:
    body = json.dumps({"device_id": "phone", "entities": [entity()]}).encode()
    assert (await send(user, body, name.strip())).status_code == 200


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        *(("", JSON), ("*/*", JSON), ("application/*", JSON), (JSON, JSON), (MSGPACK, MSGPACK)),
        *((f"{MSGPACK}, {JSON}", JSON), (f"{JSON};q=0.5, {MSGPACK}", MSGPACK), (f"{MSGPACK};q=0.9, */*", JSON)),
        (f"text/html, {MSGPACK};q=0.1", MSGPACK),
        (f"{JSON};q=0, */*", MSGPACK),
        (f"{JSON};q=0, application/*;q=0.1, text/plain", MSGPACK),
        ("Application/MSGPACK;Q=1", MSGPACK),
        (f"{PROBLEM}, {JSON}", JSON),
        *((f"{JSON};q=nan", JSON), (f"{JSON};q=abc, {MSGPACK};q=0.001", MSGPACK), (",,;;,*/*", JSON)),
    ],
)
async def test_accept(user: Account, accept: str, expected: str) -> None:
    answer = await user.http.get("/sync/status", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == expected
    assert {name.strip().lower() for name in answer.headers["vary"].split(",")} == {"accept", "accept-encoding"}


@pytest.mark.parametrize("accept", ["text/html", PROBLEM, "*/*;q=0", f"{JSON};q=0", "json", "image/*, text/*", ";"])
async def test_nothing_acceptable_means_nothing_done(refused: Refusals, accept: str) -> None:
    http, headers = refused.account.http, {"Accept": accept}
    await refused(http.get("/sync/status", headers=headers), 406, "not-acceptable")
    await refused(http.get("/sync/pull", params={"device_id": "new"}, headers=headers), 406, "not-acceptable")
    body = {"device_id": "new", "entities": [entity()]}
    await refused(http.post("/sync/push", json=body, headers=headers), 406, "not-acceptable")


async def test_accept_in_two_lines(user: Account) -> None:
    answer = await user.http.get("/sync/status", headers=[("Accept", "text/html"), ("Accept", MSGPACK)])
    assert answer.headers["content-type"] == MSGPACK


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
@pytest.mark.parametrize("content_type", [JSON, MSGPACK])
async def test_a_compressed_push(user: Account, encoding: str, content_type: str) -> None:
    given = [entity(data=blob(3000)) for _ in range(5)]
    plain = json.dumps({"device_id": "phone", "entities": given}).encode()
    body = gzip.compress(plain if content_type == JSON else packed("phone", *given))
    answer = await send(user, body, content_type, {"Content-Encoding": encoding})
    assert answer.status_code == 200, answer.text
    assert len((await user.pull_all("tablet"))[0]) == 5


async def test_a_stated_identity_is_no_encoding(user: Account) -> None:
    body = json.dumps({"device_id": "phone", "entities": [entity()]}).encode()
    assert (await send(user, body, headers={"Content-Encoding": "identity"})).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        *(("gzip", True), ("br, gzip;q=0.1", True), ("*", True), ("*;q=0, gzip", True), ("GZip", True)),
        *(("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0, *", False)),
        ("*;q=0", False),
    ],
)
@pytest.mark.parametrize("accept", [JSON, MSGPACK])
async def test_only_long_answers_are_compressed_where_accepted(
    user: Account, accepted: str, accept: str, *, expected: bool
) -> None:
    assert (await user.push("phone", entity(data=blob(3 * GZIP_ABOVE)))).status_code == 200
    headers = {"Accept-Encoding": accepted, "Accept": accept}
    long = await user.http.get("/sync/pull", params={"device_id": "tablet"}, headers=headers)
    assert (long.headers.get("content-encoding") == "gzip") == expected
    assert unpacked(long)["entities"][0]["blob_size"] == 3 * GZIP_ABOVE
    short = await user.http.get("/sync/status", headers=headers)
    assert len(short.content) < GZIP_ABOVE
    assert "content-encoding" not in short.headers


@pytest.mark.parametrize(("accepted", "expected"), [("gzip", True), ("identity", False)])
async def test_long_problems_are_compressed_too(user: Account, accepted: str, *, expected: bool) -> None:
    given = [entity() for _ in range(20)]
    assert (await user.push("phone", *given)).status_code == 200
    body = {"device_id": "tablet", "entities": [entity(one["id"]) for one in given]}
    answer = await user.http.post("/sync/push", json=body, headers={"Accept-Encoding": accepted})
    assert len(problem_of(answer, 409, "version-conflict")["conflicts"]) == 20
    assert (answer.headers.get("content-encoding") == "gzip") == expected
    assert answer.headers["vary"].lower() == "accept-encoding"
    assert answer.headers["cache-control"] == "no-store"
