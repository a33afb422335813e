"""Cases of shared threads on sizes and errors: batches, digests, ids (S13, S20, S22, S24, S38, S39, S42, S45, S49)."""

import base64
import hashlib
from uuid import uuid4

import msgspec

from medtime_backend.integrity import EMPTY_DIGEST, checksum_of, digest_of
from tests.accounts import Account, blob, entity, tombstone

MIB = 1024 * 1024


def slug(answer: object) -> str:
    """The problem's slug; a problem always says whether a retry helps and which request it was."""
    body = answer.json()  # type: ignore[attr-defined] # an httpx answer
    assert isinstance(body["retryable"], bool)
    assert body["request_id"] == answer.headers["x-request-id"]  # type: ignore[attr-defined] # an httpx answer
    return str(body["type"].rpartition("/")[2])


async def test_s38_the_limit_is_on_the_blob_not_on_its_base64(user: Account) -> None:
    assert (await user.push("phone", entity(data=blob(MIB)))).status_code == 200
    over = entity(data=blob(MIB + 1))
    answer = await user.push("phone", over)
    assert (answer.status_code, slug(answer)) == (413, "blob-too-large")
    assert answer.json()["entities"] == [{"id": over["id"], "index": 0, "reason": "blob-too-large"}]


async def test_s22_several_blobs_of_a_mebibyte_fit_into_one_push(user: Account) -> None:
    answer = await user.push("phone", *[entity(data=blob(MIB)) for _ in range(11)])
    assert answer.json()["synced"] == 11
    found, _ = await user.pull_all("tablet")
    assert len(found) == 11


async def test_s22_too_large_a_body_is_not_too_large_a_blob(user: Account) -> None:
    answer = await user.push("phone", *[entity(data=blob(MIB)) for _ in range(13)])
    assert (answer.status_code, slug(answer)) == (413, "body-too-large")
    assert "not full" in answer.json()["detail"]


async def test_s45_the_largest_push_commits_in_either_format(user: Account) -> None:
    full = [entity(data=blob(120_000)) for _ in range(100)]
    assert (await user.push("phone", *full)).json()["synced"] == 100
    packed = [{**one, "id": str(uuid4()), "blob": base64.b64decode(one["blob"])} for one in full]
    answer = await user.http.post(
        "/sync/push",
        content=msgspec.msgpack.encode({"device_id": "phone", "entities": packed}),
        headers={"Content-Type": "application/msgpack"},
    )
    assert answer.json()["synced"] == 100


async def test_a_page_is_cut_at_eight_mebibytes_but_advances(user: Account) -> None:
    for _ in range(2):
        await user.push("phone", *[entity(data=blob(MIB)) for _ in range(10)])
    sizes, clock, more = [], None, True
    while more:
        page = (await user.pull("tablet", clock, limit=100)).json()
        sizes.append(len(page["entities"]))
        clock, more = page["clock"], page["has_more"]
    assert sizes == [8, 8, 4]


async def test_s24_eighteen_hundred_notes_arrive_in_batches(user: Account) -> None:
    for _ in range(18):
        assert (await user.push("phone", *[entity() for _ in range(100)])).json()["synced"] == 100
    assert (await user.http.get("/sync/status")).json()["entities"] == 1800


async def test_s20_a_refused_item_is_named_and_the_others_can_go(user: Account) -> None:
    good, bad = entity(data=b"\x01\x01" + bytes(40)), entity(checksum="0" * 64)
    answer = await user.push("phone", good, bad)
    assert (answer.status_code, slug(answer)) == (422, "checksum-mismatch")
    assert [one["id"] for one in answer.json()["entities"]] == [bad["id"]]
    assert (await user.push("phone", good)).status_code == 200


async def test_s13_the_digest_shows_whether_a_device_has_all(user: Account) -> None:
    held: dict[str, tuple[int, str]] = {}
    ids = [uuid4() for _ in range(20)]
    await user.push("phone", *[entity(id_) for id_ in ids])
    await user.push("phone", *[entity(id_, 1) for id_ in ids[:5]], *[tombstone(id_, 1) for id_ in ids[15:]])
    for one in (await user.pull_all("tablet"))[0]:
        assert checksum_of(base64.b64decode(one["blob"])) == one["checksum"]
        if not one["deleted"]:
            held[one["id"]] = (one["version"], one["checksum"])
    told = (await user.http.get("/sync/status", params={"digest": "true"})).json()["digests"]["note"]
    assert (told["count"], told["digest"]) == (15, digest_of(held))
    by_hand = 0
    for id_, (version, checksum) in held.items():
        by_hand ^= int.from_bytes(hashlib.sha256(f"{id_}:{version}:{checksum}".encode()).digest())
    assert told["digest"] == f"{by_hand:064x}" != EMPTY_DIGEST


async def test_s39_the_status_tells_when_each_device_last_synced(user: Account) -> None:
    await user.push("phone", entity())
    await user.pull("tablet")
    devices = (await user.http.get("/sync/status")).json()["devices"]
    assert {one["device_id"]: one["sync_version"] for one in devices} == {"phone": 1, "tablet": 0}
    assert all(one["last_sync_at"] for one in devices)


async def test_s42_every_failure_has_a_code_and_a_request_id(user: Account) -> None:
    answers = [
        await user.http.get("/nowhere"),
        await user.http.get("/sync/push"),
        await user.http.get("/sync/pull"),
        await user.http.post("/sync/push", content=b"{", headers={"Content-Type": "application/json"}),
        await user.http.get("/sync/status", headers={"Authorization": "Bearer x"}),
    ]
    assert [slug(answer) for answer in answers] == [
        "not-found",
        "method-not-allowed",
        "invalid-parameter",
        "malformed-body",
        "malformed-token",
    ]
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in answers)


async def test_s49_deleted_entities_free_their_bytes(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_, data=blob(5000)), entity(data=blob(100)))
    await user.push("phone", tombstone(id_, 1))
    status = (await user.http.get("/sync/status")).json()
    assert (status["entities"], status["tombstones"], status["bytes"]) == (1, 1, 100)


async def test_the_status_tells_the_exact_limits(user: Account) -> None:
    limits = (await user.http.get("/sync/status")).json()["limits"]
    assert limits == {
        "entities_per_push": 100,
        "entities_per_page": 100,
        "entities_per_page_default": 50,
        "blob_bytes": MIB,
        "push_body_bytes": 16 * MIB,
        "page_bytes": 8 * MIB,
        "devices": 128,
        "entity_types": 64,
    }
