"""Entities whose fields are wrong: each is named by id, index and reason, and nothing of the push is stored."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.accounts import entity, tombstone
from tests.http.problems import CANARY, DEVICE, Refusals

GOOD_ID = "5b1c7a52-0d4e-4c3f-9a86-2f6f0d8c1e11"
BAD_IDS = ["", CANARY, GOOD_ID[:-1], f"{GOOD_ID}\n", f"urn:uuid:{GOOD_ID}", f"{{{GOOD_ID}}}", 7, None, [], {}]
BAD_TYPES = ["", "Note", "1note", "no te", "note\n", "n\u00f6te", "n" * 41, CANARY + "\x00", "note;drop", 7, None, True]
BAD_VERSIONS = [-1, "0", "1", 0.0, 1.5, True, None, [], 2**31 - 1, 2**31, 2**32, 2**63, 2**64, 10**400, -(2**63) - 1]
BAD_CHECKSUMS = ["", "0" * 63, "g" * 64, "0" * 65, "0" * 64 + "\n", 7, None, CANARY]


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in entity().items() if name != field}


async def refuse_one(
    refused: Refusals, bad: dict[str, Any], reason: str, status: int = 400, id_: object = ...
) -> dict[str, Any]:
    """Push the bad entity between two good ones."""
    push = refused.account.push(DEVICE, entity(), bad, entity())
    problem = await refused(push, status, reason)
    assert problem["entities"] == [{"id": bad.get("id") if id_ is ... else id_, "index": 1, "reason": reason}]
    return problem


@pytest.mark.parametrize("value", BAD_IDS, ids=repr)
async def test_id(refused: Refusals, value: object) -> None:
    await refuse_one(refused, entity() | {"id": value}, "invalid-entity-field", id_=None)


@pytest.mark.parametrize("value", BAD_TYPES, ids=repr)
async def test_entity_type(refused: Refusals, value: object) -> None:
    await refuse_one(refused, entity(entity_type=value), "invalid-entity-field")


@pytest.mark.parametrize("value", BAD_VERSIONS, ids=lambda value: repr(value)[:24])
async def test_base_version(refused: Refusals, value: object) -> None:
    await refuse_one(refused, entity() | {"base_version": value}, "malformed-precondition")


@pytest.mark.parametrize("value", BAD_CHECKSUMS, ids=repr)
async def test_checksum(refused: Refusals, value: object) -> None:
    await refuse_one(refused, entity() | {"checksum": value}, "invalid-entity-field")


@pytest.mark.parametrize("value", ["true", 1, 0, None, [CANARY]], ids=repr)
async def test_deleted(refused: Refusals, value: object) -> None:
    await refuse_one(refused, entity(deleted=value), "invalid-entity-field")


@pytest.mark.parametrize("field", ["entity_type", "blob", "checksum"])
async def test_missing_field(refused: Refusals, field: str) -> None:
    await refuse_one(refused, without(field), "missing-field")


async def test_missing_id(refused: Refusals) -> None:
    await refuse_one(refused, without("id"), "missing-field", id_=None)


async def test_missing_base_version(refused: Refusals) -> None:
    await refuse_one(refused, without("base_version"), "missing-precondition")


async def test_the_largest_base_version_is_only_ahead(refused: Refusals) -> None:
    push = refused.account.push(DEVICE, entity(base_version=2**31 - 2))
    problem = await refused(push, 409, "version-conflict")
    assert [conflict["reason"] for conflict in problem["conflicts"]] == ["unknown"]


@pytest.mark.parametrize("field", [CANARY, "client_id", "user_id", "version", "Blob", "id "])
async def test_unknown_field(refused: Refusals, field: str) -> None:
    await refuse_one(refused, entity() | {field: CANARY}, "unknown-field")


@pytest.mark.parametrize("value", [None, 7, CANARY, [], [CANARY], True], ids=repr)
async def test_not_an_object(refused: Refusals, value: Any) -> None:
    problem = await refused(refused.account.push(DEVICE, entity(), value), 400, "invalid-entity-field")
    assert problem["entities"] == [{"id": None, "index": 1, "reason": "invalid-entity-field"}]


async def test_duplicate_ids_are_all_named(refused: Refusals) -> None:
    one, two = uuid4(), uuid4()
    given = [entity(one), entity(), entity(str(one).upper()), entity(two), entity(), entity(two), tombstone(two, 1)]
    problem = await refused(refused.account.push(DEVICE, *given), 400, "duplicate-id")
    assert [(UUID(named["id"]), named["index"]) for named in problem["entities"]] == [
        *((one, 0), (one, 2), (two, 3), (two, 5), (two, 6))
    ]


async def test_all_refused_entities_of_a_mixed_push_are_named(refused: Refusals) -> None:
    twin = entity()
    given = {
        "unknown-field": entity(secret=CANARY),
        "malformed-precondition": entity(base_version=-1),
        "missing-precondition": without("base_version"),
        "checksum-mismatch": entity() | {"checksum": "0" * 64},
        "not-an-envelope": entity(data=CANARY.encode() * 8),
        "blob-not-base64": entity() | {"blob": "?"},
        "tombstone-not-empty": entity(deleted=True),
        "invalid-entity-field": entity(entity_type="No Type"),
        "missing-field": without("blob"),
    }
    push = refused.account.push(DEVICE, entity(), *given.values(), entity(), twin, twin)
    problem = await refused(push, 422, "invalid-entities")
    assert problem["entities"] == [
        *({"id": bad["id"], "index": place, "reason": reason} for place, (reason, bad) in enumerate(given.items(), 1)),
        *({"id": twin["id"], "index": place, "reason": "duplicate-id"} for place in (11, 12)),
    ]


async def test_a_type_that_changes_is_refused_by_name(refused: Refusals) -> None:
    first, second = entity(), entity()
    user = refused.account
    assert (await user.push("phone", first, second)).status_code == 200
    push = user.push(DEVICE, entity(), entity(first["id"], 1, entity_type="other"), entity(second["id"], 1))
    problem = await refused(push, 422, "identity-changed")
    assert problem["entities"] == [{"id": first["id"], "index": 1, "reason": "identity-changed"}]


@pytest.mark.parametrize(
    ("more", "reason", "status"),
    [
        ({"blob": entity()["blob"]}, "tombstone-not-empty", 422),
        ({"checksum": "0" * 64}, "checksum-mismatch", 422),
        ({"blob": "?"}, "blob-not-base64", 400),
        ({"reason": CANARY}, "unknown-field", 400),
    ],
)
async def test_tombstone(refused: Refusals, more: dict[str, str], reason: str, status: int) -> None:
    await refuse_one(refused, tombstone(uuid4(), 1) | more, reason, status)
