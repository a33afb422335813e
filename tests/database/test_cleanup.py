"""The cleanup: what goes, what stays, what is told; and that it disturbs nothing that lives."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.database import statement
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.aging import OTHERS, ROWS, add_aged, age_tombstones
from tests.database.phone import phone, push

KINDS = {"tombstones", *OTHERS}
STEP = "select private.cleanup(run => $1, batch => $2)"
# All that a device, a policy or a sender goes by, apart from the tombstones that go and their horizon.
LIVING = """
select jsonb_build_array(
  (select jsonb_agg(to_jsonb(e) order by e.id) from public.srv_encrypted_entities as e where user_id = $1),
  (select jsonb_agg(to_jsonb(s) order by s.id) from public.srv_sync_status as s where user_id = $1),
  (select jsonb_agg(to_jsonb(d)) from public.srv_push_devices as d where user_id = $1),
  (select jsonb_agg(to_jsonb(o)) from public.srv_push_outbox as o where user_id = $1),
  (select to_jsonb(o) - 'horizon' - 'purges' - 'purged_until' from private.owners as o where user_id = $1),
  (select jsonb_agg(to_jsonb(t) - 'tombstones') from private.owner_totals as t where user_id = $1)
)
"""


async def step(connection: asyncpg.Connection, run: str | None = None, batch: int = 1000) -> dict[str, Any]:
    """One batch."""
    return json.loads(await connection.fetchval(STEP, UUID(run) if run else None, batch))


async def clean_up(connection: asyncpg.Connection, batch: int = 1000) -> dict[str, Any]:
    """A whole run."""
    last = await step(connection, None, batch)
    while not last["ended"]:
        last = await step(connection, last["run"], batch)
    return last


async def deleted(cluster: StackInfo, owner: UUID, amount: int) -> list[UUID]:
    """Tombstones of the owner, written by `phone` and deleted by `tablet`."""
    ids = [uuid4() for _ in range(amount)]
    async with phone(cluster, owner) as mine:
        for first in range(0, amount, 100):
            some = ids[first : first + 100]
            await push(mine, "phone", *[(id_, 0, blob()) for id_ in some])
            await push(mine, "tablet", *[(id_, 1, b"") for id_ in some])
    return ids


async def test_old_tombstones_go_and_nothing_else_of_an_account_changes(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """S49, S51: counts follow, the horizon is that of what was purged, and no version, time or counter moves."""
    owner = await add_user(superuser)
    old, young = await deleted(cluster, owner, 7), await deleted(cluster, owner, 3)
    async with phone(cluster, owner) as mine:
        await push(mine, "phone", *[(uuid4(), 0, blob()) for _ in range(5)])
    await add_aged(superuser, "wake_ups", owner, 29)
    await age_tombstones(superuser, owner, old, 30.1)
    await age_tombstones(superuser, owner, young, 29.9)
    living = json.loads(await superuser.fetchval(LIVING, owner))
    living[0] = [row for row in living[0] if UUID(row["id"]) not in old]
    told = await clean_up(superuser)
    assert (told["outcome"], told["removed"]["tombstones"], told["passed_over"]) == ("done", 7, 0)
    assert json.loads(await superuser.fetchval(LIVING, owner)) == living
    assert await superuser.fetchval("select sum(tombstones) from private.owner_totals where user_id = $1", owner) == 3
    known = await superuser.fetchrow("select horizon, purges from private.owners where user_id = $1", owner)
    assert (json.loads(known["horizon"]), known["purges"]) == ({"tablet": 7}, 1)


@pytest.mark.parametrize("kind", sorted(OTHERS))
async def test_each_other_kind_goes_when_it_is_over_for_long(superuser: asyncpg.Connection, kind: str) -> None:
    owner = await add_user(superuser)
    await add_aged(superuser, kind, owner, 30.1)
    await add_aged(superuser, kind, owner, 29.9)
    expected = {one: ROWS[kind] if one == kind else 0 for one in KINDS}
    due = {row["kind"]: row["amount"] for row in await superuser.fetch(statement("cleanup_preview"), None, 1000)}
    assert due == expected
    assert (await clean_up(superuser))["removed"] == expected
    again = await clean_up(superuser)
    assert (again["outcome"], again["removed"]) == ("done", dict.fromkeys(KINDS, 0))


async def test_used_ids_of_images_stay_for_the_usual_time_whatever_the_age(superuser: asyncpg.Connection) -> None:
    """By them a sealed image is read only once, and its key is accepted for longer than this age."""
    owner = await add_user(superuser)
    for kind in ("ocr_requests", "invitations"):
        await add_aged(superuser, kind, owner, 2)
    day = timedelta(days=1)
    due = {row["kind"]: row["amount"] for row in await superuser.fetch(statement("cleanup_preview"), day, 1000)}
    assert due["ocr_requests"] == 0
    assert due["invitations"] >= ROWS["invitations"]
    told = json.loads(await superuser.fetchval("select private.cleanup(older_than => $1)", day))
    while not told["ended"]:
        told = await step(superuser, told["run"])
    assert (told["outcome"], told["removed"]["ocr_requests"]) == ("done", 0)
    assert told["removed"]["invitations"] == due["invitations"]


async def test_what_is_at_work_or_lives_stays_however_old(superuser: asyncpg.Connection) -> None:
    owner, caregiver = await add_user(superuser), await add_user(superuser)
    await add_aged(superuser, "wake_ups", owner, 40)
    await superuser.execute(
        "update public.srv_push_outbox set ticket = gen_random_uuid(), leased_until = now() + interval '1 minute'"
        " where user_id = $1",
        owner,
    )
    await superuser.execute(
        "insert into public.srv_family_links (supervised_user_id, supervisor_id, status, created_at, updated_at)"
        " values ($1, $2, 'active', now() - interval '1 year', now() - interval '1 year')",
        owner,
        caregiver,
    )
    assert (await clean_up(superuser))["removed"] == dict.fromkeys(KINDS, 0)
    await superuser.execute("update public.srv_push_outbox set leased_until = now() where user_id = $1", owner)
    assert (await clean_up(superuser))["removed"]["wake_ups"] == 1
    # The address stays: a device whom nobody had to wake for long is not gone.
    assert await superuser.fetchval("select count(*) from public.srv_push_devices where user_id = $1", owner) == 1


async def test_a_batch_is_never_larger_than_asked_for_over_all_owners_and_kinds(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    for _ in range(3):
        owner = await add_user(superuser)
        await age_tombstones(superuser, owner, await deleted(cluster, owner, 7), 40)
        await add_aged(superuser, "ocr_requests", owner, 40)
    sizes, last = [], {"run": None, "ended": False}
    while not last["ended"]:
        last = await step(superuser, last["run"], 5)
        sizes.append(sum(last["batch"].values()))
    assert sizes == [5, 5, 5, 5, 5, 5, 3]
    assert (last["removed"]["tombstones"], last["removed"]["ocr_requests"]) == (21, 12)


async def test_deletions_of_the_same_moment_are_all_found(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owners = [await add_user(superuser) for _ in range(3)]
    for owner in owners:
        await deleted(cluster, owner, 10)
    await superuser.execute("set session_replication_role = replica")
    await superuser.execute(
        "update public.srv_encrypted_entities set deleted_at = '2020-01-01' where user_id = any($1)", owners
    )
    await superuser.execute("reset session_replication_role")
    async with phone(cluster, owners[0]) as mine, mine.transaction():
        await push(mine, "phone", (uuid4(), 0, blob()))
        # More of one moment than a batch holds, and all that it sees are of an owner who is writing: it ends.
        first = await clean_up(superuser, 4)
        assert first["passed_over"] > 0
    second = await clean_up(superuser, 4)
    assert first["removed"]["tombstones"] + second["removed"]["tombstones"] == 30


async def test_a_deleted_entity_that_is_written_again_lives(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    owner = await add_user(superuser)
    ids = await deleted(cluster, owner, 2)
    await age_tombstones(superuser, owner, ids, 40)
    async with phone(cluster, owner) as mine:
        await push(mine, "phone", (ids[0], 2, blob()))
        assert (await clean_up(superuser))["removed"]["tombstones"] == 1
        assert await mine.fetchval("select array_agg(id) from public.srv_encrypted_entities") == [ids[0]]


async def test_a_batch_reads_what_it_removes_and_not_the_table(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    pages = []
    for living in (0, 3000):
        owner = await add_user(superuser)
        async with phone(cluster, owner) as mine:
            for _ in range(0, living, 100):
                await push(mine, "phone", *[(uuid4(), 0, blob()) for _ in range(100)])
        await age_tombstones(superuser, owner, await deleted(cluster, owner, 50), 40)
        plan = await superuser.fetchval("explain (analyze, buffers, format json) select private.cleanup(batch => 51)")
        found = json.loads(plan)[0]["Plan"]
        pages.append(found["Shared Hit Blocks"] + found["Shared Read Blocks"])
        await clean_up(superuser)
    few, many = pages
    assert many < few * 2


@pytest.mark.parametrize(
    "arguments",
    ["batch => 0", "batch => 10001", "batch => null", "older_than => '-1 day'", "older_than => '11 years'"],
)
async def test_a_wrong_argument_is_refused(superuser: asyncpg.Connection, arguments: str) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await superuser.execute(f"select private.cleanup({arguments})")
    assert await superuser.fetchval("select count(*) from private.cleanup_runs where ended_at is null") == 0
