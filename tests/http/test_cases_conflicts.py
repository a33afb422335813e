"""Cases of shared threads on writing: stale copies, self-conflicts, races, retries (S27 to S33, S53 to S59)."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tests.accounts import Account, blob, entity, tombstone


def reasons(answer: object) -> list[str]:
    """The reasons of a 409, which must say that nothing was stored."""
    body = answer.json()  # type: ignore[attr-defined] # an httpx answer
    assert body["type"].endswith("/version-conflict")
    assert (body["synced"], body["retryable"]) == (0, False)
    return [one["reason"] for one in body["conflicts"]]


async def test_s27_pushes_of_one_device_one_after_the_other_never_conflict(user: Account) -> None:
    id_ = uuid4()
    for version in range(30):
        answer = await user.push("phone", entity(id_, version))
        assert answer.json()["entities"] == [{"id": str(id_), "version": version + 1}]


async def test_s28_an_edit_after_a_full_sync_does_not_conflict(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_))
    _, clock = await user.pull_all("tablet")
    assert (await user.push("tablet", entity(id_, 1))).status_code == 200
    found, _ = await user.pull_all("phone", clock)
    assert [(one["version"], one["client_id"]) for one in found] == [(2, "tablet")]


async def test_s30_a_stale_copy_overwrites_nothing(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_))
    kept = entity(id_, 1)
    await user.push("tablet", kept)
    answer = await user.push("phone", entity(id_, 1))
    assert (answer.status_code, reasons(answer)) == (409, ["stale"])
    found, _ = await user.pull_all("phone")
    assert found[0]["checksum"] == kept["checksum"]


async def test_s31_of_two_pushes_with_one_base_exactly_one_wins_a_hundred_times(user: Account) -> None:
    id_ = uuid4()
    for version in range(100):
        answers = await asyncio.gather(*(user.push(device, entity(id_, version)) for device in ("phone", "tablet")))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_s32_s41_a_conflict_is_over_after_pull_and_retry(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_))
    _, clock = await user.pull_all("tablet")
    await user.push("phone", entity(id_, 1))
    answer = await user.push("tablet", entity(id_, 1))
    conflict = answer.json()["conflicts"][0]
    assert set(conflict) == {
        "id",
        "reason",
        "base_version",
        "server_version",
        "server_checksum",
        "deleted",
        "updated_at",
        "client_id",
    }
    found, _ = await user.pull_all("tablet", clock)
    assert found[0]["version"] == conflict["server_version"] == 2
    assert found[0]["checksum"] == conflict["server_checksum"]
    assert (await user.push("tablet", entity(id_, found[0]["version"]))).status_code == 200


async def test_s33_a_client_ahead_of_a_restored_server_is_told_so(user: Account) -> None:
    id_ = uuid4()
    kept = entity(id_)
    await user.push("phone", kept)
    answer = await user.push("phone", entity(id_, 7), entity(base_version=3))
    assert reasons(answer) == ["ahead", "unknown"]
    found, _ = await user.pull_all("tablet")
    assert [(one["version"], one["checksum"]) for one in found] == [(1, kept["checksum"])]


async def test_s53_a_stale_write_does_not_bring_back_what_was_deleted(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_))
    await user.push("phone", tombstone(id_, 1))
    for base in (0, 1):
        assert reasons(await user.push("tablet", entity(id_, base))) == ["deleted"]
    # Who has seen the deletion may bring it back.
    assert (await user.push("tablet", entity(id_, 2))).status_code == 200


async def test_s54_what_was_acknowledged_is_in_every_later_pull(user: Account) -> None:
    pushed = await asyncio.gather(*(user.push(f"d{number % 5}", *[entity() for _ in range(7)]) for number in range(20)))
    ids = {one["id"] for answer in pushed for one in answer.json()["entities"]}
    for device in ("fresh", "other"):
        found, _ = await user.pull_all(device, limit=13)
        assert {one["id"] for one in found} == ids


async def test_s56_p38_identical_retries_change_nothing(user: Account) -> None:
    body = [entity(), entity(), entity()]
    first = await user.push("phone", *body)
    status = (await user.http.get("/sync/status", params={"digest": True})).json()
    for _ in range(20):
        again = await user.push("phone", *body)
        assert (again.status_code, again.json()["entities"]) == (200, first.json()["entities"])
    assert (await user.http.get("/sync/status", params={"digest": True})).json() == status


async def test_a_retried_deletion_changes_nothing(user: Account) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_))
    first = await user.push("phone", tombstone(id_, 1))
    assert (await user.push("phone", tombstone(id_, 1))).json() == first.json()
    assert reasons(await user.push("tablet", tombstone(id_, 1))) == ["deleted"]


async def test_concurrent_retries_of_one_push_are_all_the_same_200(user: Account) -> None:
    body = [entity() for _ in range(10)]
    answers = await asyncio.gather(*(user.push("phone", *body) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert {str(answer.json()["entities"]) for answer in answers} == {str(answers[0].json()["entities"])}
    assert (await user.http.get("/sync/status")).json()["devices"][0]["sync_version"] == 10


async def test_a_late_duplicate_of_an_older_edit_does_not_overwrite_the_newer(user: Account) -> None:
    """Why a retry is recognised by its bytes: the first attempt may arrive after the second was accepted."""
    id_ = uuid4()
    newer = entity(id_)
    await user.push("phone", newer)
    answer = await user.push("phone", entity(id_))
    assert reasons(answer) == ["exists"]
    assert answer.json()["conflicts"][0]["client_id"] == "phone"
    found, _ = await user.pull_all("tablet")
    assert found[0]["checksum"] == newer["checksum"]


@pytest.mark.parametrize("data", [bytes(1024 * 1024 - 2), b"", b"\x00" * 100])
async def test_s57_s20_the_checksum_is_of_exactly_the_stored_bytes(user: Account, data: bytes) -> None:
    sealed = b"\x01\x01" + bytes(28) + data[: 1024 * 1024 - 30]
    one = entity(data=sealed)
    await user.push("phone", one)
    found, _ = await user.pull_all("tablet")
    assert (found[0]["checksum"], found[0]["blob"], found[0]["blob_size"]) == (
        one["checksum"],
        one["blob"],
        len(sealed),
    )


async def test_s59_two_devices_that_make_the_same_id(user: Account) -> None:
    id_ = uuid4()
    for _ in range(20):
        answers = await asyncio.gather(*(user.push(device, entity(id_)) for device in ("phone", "tablet")))
        id_ = uuid4()
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        conflict = next(answer for answer in answers if answer.status_code == 409)
        assert reasons(conflict) == ["exists"]


async def test_two_users_may_use_the_same_id(user: Account, account: Callable[[], Awaitable[Account]]) -> None:
    other = await account()
    id_ = uuid4()
    mine, theirs = entity(id_, data=blob(40)), entity(id_, data=blob(50))
    assert (await user.push("phone", mine)).status_code == (await other.push("phone", theirs)).status_code == 200
    assert (await user.pull_all("tablet"))[0][0]["checksum"] == mine["checksum"]
