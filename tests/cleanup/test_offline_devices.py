"""Devices that come back after a cleanup, over HTTP: 31 days away start over, 29 days away miss nothing."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity, tombstone
from tests.cli.in_process import run
from tests.database.aging import age_tombstones


async def deleted_while_away(user: Account, admin: asyncpg.Connection, ages: list[float]) -> tuple[str, set[str]]:
    """The clock of a tablet that saw everything, before the phone deleted entities so many days ago."""
    ids = [uuid4() for _ in ages]
    assert (await user.push("phone", *(entity(id_) for id_ in ids), entity())).status_code == 200
    found, clock = await user.pull_all("tablet")
    assert len(found) == len(ids) + 1
    assert (await user.push("phone", *(tombstone(id_, 1) for id_ in ids))).status_code == 200
    for id_, days in zip(ids, ages, strict=True):
        await age_tombstones(admin, user.user_id, [id_], days)
    return clock, {str(id_) for id_ in ids}


async def clean_up(stack: StackInfo) -> dict[str, Any]:
    answer = await run("cleanup", "run", "--json", "--db-url", stack.database_url)
    assert answer.code == 0, answer.err
    removed: dict[str, Any] = answer.json["step"]["removed"]
    return removed


def refused(answer: Any) -> None:
    """A 410 that says what to do."""
    assert (answer.status_code, answer.json()["reason"]) == (410, "purged")
    assert "without a clock" in answer.json()["detail"]


async def test_29_days_away_every_deletion_arrives(stack: StackInfo, user: Account, admin: asyncpg.Connection) -> None:
    clock, ids = await deleted_while_away(user, admin, [29 - number / 2 for number in range(58)])
    await clean_up(stack)
    found, after = await user.pull_all("tablet", clock)
    assert {one["id"] for one in found if one["deleted_at"]} == ids
    assert (await user.push("tablet", entity(), clock=after)).status_code == 200


async def test_31_days_away_starts_over_and_brings_nothing_back(
    stack: StackInfo, user: Account, admin: asyncpg.Connection
) -> None:
    """S50, S51: what is refused is exactly what was purged; S53: and what was deleted stays so."""
    clock, ids = await deleted_while_away(user, admin, [30.5, 30.001, 29.999, 12])
    assert (await clean_up(stack))["tombstones"] == 2
    refused(await user.pull("tablet", clock))
    # It still holds what others have deleted, and would make it again.
    refused(await user.push("tablet", *(entity(id_) for id_ in ids), clock=clock))
    stale = await user.push("tablet", *(entity(id_, 1) for id_ in ids))
    assert stale.status_code == 409
    assert {one["reason"] for one in stale.json()["conflicts"]} == {"unknown", "deleted"}
    found, after = await user.pull_all("tablet")
    assert [one["id"] for one in found if not one["deleted_at"]] == [
        row["id"] for row in await living(admin, user.user_id)
    ]
    assert (await user.push("tablet", entity(), clock=after)).status_code == 200
    # In a minute and a half one more would be due, in the midst of another test.
    await admin.execute("delete from auth.users where id = $1", user.user_id)


async def test_a_device_that_has_seen_the_deletions_goes_on(
    stack: StackInfo, user: Account, admin: asyncpg.Connection
) -> None:
    await deleted_while_away(user, admin, [40, 35])
    _, clock = await user.pull_all("laptop")
    assert (await clean_up(stack))["tombstones"] == 2
    assert (await user.pull_all("laptop", clock))[0] == []
    assert (await user.push("laptop", entity(), clock=clock)).status_code == 200


async def test_status_counts_no_more_what_is_purged(stack: StackInfo, user: Account, admin: asyncpg.Connection) -> None:
    """S49: nothing that is gone counts, and the digest is that of what lives."""
    await deleted_while_away(user, admin, [40, 35, 3])
    before, _, after = (
        (await user.http.get("/sync/status", params={"digest": "true"})).json(),
        await clean_up(stack),
        (await user.http.get("/sync/status", params={"digest": "true"})).json(),
    )
    assert (before["tombstones"], after["tombstones"]) == (3, 1)
    assert after["digests"]["note"] == before["digests"]["note"]


async def living(admin: asyncpg.Connection, owner: UUID) -> list[dict[str, str]]:
    rows = await admin.fetch(
        "select id::text from public.srv_encrypted_entities where user_id = $1 and deleted_at is null", owner
    )
    return [dict(row) for row in rows]
