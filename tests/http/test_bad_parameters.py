"""Query parameters that are missing, malformed, unknown or repeated: named, and never repeated to the client."""

import pytest

from tests.accounts import Account, entity
from tests.http.problems import CANARY, DEVICE, Refusals

BAD_PULLS: dict[str, list[object]] = {
    "limit": [*(0, -1, 101, 10**30, "ten", "1e2", "5.0", "+5", " 5", "5 ", "0x10", "1_0", "\u0665", ""), CANARY],
    "device_id": ["", f"{DEVICE}\n", "pho ne", "phöne", "\x00", "\U0001f4f1", "x" * 65, "x" * 10_000, f"{CANARY};--"],
    "owner": ["", CANARY, "me", "1", "a" * 10_000, "00000000-0000-0000-0000-00000000000g"],
    "entity_type": ["", "Note", "note\n", "no te", "n" * 41, "%", CANARY + "'"],
    "since": [
        *("", CANARY, "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "infinity", "NaN"),
        *("10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "-0044-03-15T00:00:00Z", "2026-01-01T00:00:00 01:00"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00+99:99"),
        *("1767225600", "1767225600.5", "-1", 0),
    ],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PULLS.items() for value in values],
    ids=lambda value: repr(value)[:32],
)
async def test_pull(refused: Refusals, name: str, value: object) -> None:
    query = {"device_id": DEVICE, name: str(value)}
    problem = await refused(refused.account.http.get("/sync/pull", params=query), 400, "invalid-parameter")
    assert problem["parameters"] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [("owner", "me"), ("digest", CANARY), ("digest", "2"), ("digest", ""), ("device_id", ""), ("device_id", "x" * 65)],
)
async def test_status(refused: Refusals, name: str, value: str) -> None:
    problem = await refused(refused.account.http.get("/sync/status", params={name: value}), 400, "invalid-parameter")
    assert problem["parameters"] == [name]


async def test_a_pull_without_a_device(refused: Refusals) -> None:
    problem = await refused(refused.account.http.get("/sync/pull"), 400, "invalid-parameter")
    assert problem["parameters"] == ["device_id"]


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("pull", f"device_id={DEVICE}&{CANARY}=1", ["unknown"]),
        ("pull", f"device_id={DEVICE}&Limit=5", ["unknown"]),
        ("pull", f"device_id={DEVICE}&limit=5&limit=6", ["limit"]),
        ("pull", f"device_id={DEVICE}&limit=5&limit=5&{CANARY}", ["limit"]),
        ("pull", f"device_id={DEVICE}&{CANARY}={CANARY}", ["unknown"]),
        ("pull", f"device_id={DEVICE}&device_id=tablet", ["device_id"]),
        ("pull", f"device_id={DEVICE}&clock=&clock=", ["clock"]),
        ("status", f"{CANARY}=1", ["unknown"]),
        ("status", "digest=1&digest=0", ["digest"]),
        ("status", "limit=5", ["unknown"]),
    ],
)
async def test_unknown_and_repeated(refused: Refusals, path: str, query: str, names: list[str]) -> None:
    problem = await refused(refused.account.http.get(f"/sync/{path}?{query}"), 400, "invalid-parameter")
    assert set(names) <= set(problem["parameters"])
    assert set(problem["parameters"]) <= {*names, "unknown"}


async def test_a_push_has_no_parameters(refused: Refusals) -> None:
    push = refused.account.http.post(f"/sync/push?{CANARY}=1", json={"device_id": DEVICE, "entities": [entity()]})
    assert (await refused(push, 400, "invalid-parameter"))["parameters"] == ["unknown"]


async def test_since_and_a_clock_exclude_each_other(refused: Refusals) -> None:
    query = {"device_id": DEVICE, "clock": "x", "since": "2026-01-01T00:00:00Z"}
    problem = await refused(refused.account.http.get("/sync/pull", params=query), 400, "invalid-parameter")
    assert problem["parameters"] == ["since"]


async def test_another_owner_without_a_link(refused: Refusals, user: Account) -> None:
    query = {"device_id": DEVICE, "owner": str(user.user_id)}
    await refused(refused.account.http.get("/sync/pull", params=query), 403, "not-a-caregiver")
    await refused(refused.account.http.get("/sync/status", params={"owner": str(user.user_id)}), 403, "not-a-caregiver")


@pytest.mark.parametrize(
    "since",
    [
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00-14:00", "1969-07-20T20:17:40Z"),
        *("9999-12-31T23:59:59+12:00", "2026-01-01t00:00:00z", "2026-01-01T00:00:00.123456789Z"),
    ],
)
async def test_the_ends_of_the_calendar_are_moments_too(user: Account, since: str) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    found, _ = await user.pull_all("tablet", since=since)
    assert len(found) == (not since.startswith("9999"))
