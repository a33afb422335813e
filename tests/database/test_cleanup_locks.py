"""The cleanup beside users at work and beside itself: nobody waits for more than a batch, and it waits for nobody."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.aging import add_aged, age_tombstones
from tests.database.phone import phone, push
from tests.database.test_cleanup import clean_up, deleted, step

SHORT = "set lock_timeout = '100ms'"


@pytest.fixture
async def owner(cluster: StackInfo, superuser: asyncpg.Connection) -> AsyncIterator[UUID]:
    """An owner of 25 old tombstones; afterwards no run is under way."""
    user_id = await add_user(superuser)
    await age_tombstones(superuser, user_id, await deleted(cluster, user_id, 25), 40)
    yield user_id
    await superuser.execute("delete from private.cleanup_runs where ended_at is null")
    await clean_up(superuser)


async def test_an_owner_can_push_between_batches_and_waits_for_no_more_than_one(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        await mine.execute(SHORT)
        pushed = []
        run, left = None, 25
        while left > 0:
            async with superuser.transaction():
                told = await step(superuser, run, 10)
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await push(mine, "phone", (uuid4(), 0, blob()))
            # Committed: the lock is free, whatever is still to be purged.
            (row,) = await push(mine, "phone", (uuid4(), 0, blob()))
            pushed.append(row["id"])
            run, left = told["run"], left - told["batch"]["tombstones"]
        assert len(pushed) == 3
        assert {row["id"] for row in await mine.fetch("select id from public.srv_encrypted_entities")} == set(pushed)
    assert told["outcome"] == "done"


@pytest.mark.usefixtures("owner")
async def test_other_owners_never_wait(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    other = await add_user(superuser)
    async with phone(cluster, other) as theirs, superuser.transaction():
        await theirs.execute(SHORT)
        assert (await step(superuser))["batch"]["tombstones"] == 25
        await push(theirs, "phone", (uuid4(), 0, blob()))


async def test_an_owner_who_is_writing_is_passed_over_and_not_waited_for(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    free = await add_user(superuser)
    await age_tombstones(superuser, free, await deleted(cluster, free, 5), 35)
    async with phone(cluster, owner) as mine, mine.transaction():
        await push(mine, "phone", (uuid4(), 0, blob()))
        told = await clean_up(superuser, 10)
        assert (told["outcome"], told["removed"]["tombstones"], told["passed_over"]) == ("done", 5, 25)
    assert (await clean_up(superuser, 10))["removed"]["tombstones"] == 25


async def test_an_owner_passed_over_is_tried_again_in_the_same_run(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    async with phone(cluster, owner) as mine:
        async with mine.transaction():
            await push(mine, "phone", (uuid4(), 0, blob()))
            told = await step(superuser, None, 10)
            assert told["batch"]["tombstones"] == 0
        while not told["ended"]:
            told = await step(superuser, told["run"], 10)
    assert (told["removed"]["tombstones"], told["passed_over"]) == (25, 0)


async def test_a_user_who_is_being_deleted_is_not_waited_for(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    await add_aged(superuser, "ended_links", owner, 40)
    await add_aged(superuser, "ocr_requests", owner, 40)
    leaving = await asyncpg.connect(cluster.admin_database_url)
    try:
        async with leaving.transaction():
            await leaving.execute("delete from auth.users where id = $1", owner)
            told = await clean_up(superuser)
            assert (told["outcome"], sum(told["removed"].values())) == ("done", 0)
        assert (await clean_up(superuser))["outcome"] == "done"
    finally:
        await leaving.close()


async def test_a_user_can_be_deleted_after_a_batch_and_waits_for_it(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    """Locks are taken as the deletion takes them, the user's first, so the two cannot wait for each other."""
    leaving = await asyncpg.connect(cluster.admin_database_url)
    try:
        await leaving.execute(SHORT)
        async with superuser.transaction():
            told = await step(superuser, None, 10)
            with pytest.raises(asyncpg.LockNotAvailableError):
                await leaving.execute("delete from auth.users where id = $1", owner)
        assert await leaving.execute("delete from auth.users where id = $1", owner) == "DELETE 1"
    finally:
        await leaving.close()
    assert (await step(superuser, told["run"]))["outcome"] == "done"


@pytest.mark.usefixtures("owner")
async def test_it_gives_up_at_once_behind_somebody_who_alters_a_table(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    altering = await asyncpg.connect(cluster.admin_database_url)
    try:
        async with altering.transaction():
            await altering.execute("lock table private.owner_totals in access exclusive mode")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await step(superuser)
        assert (await clean_up(superuser))["removed"]["tombstones"] == 25
    finally:
        await altering.close()


async def test_a_batch_that_is_rolled_back_has_changed_nothing(superuser: asyncpg.Connection, owner: UUID) -> None:
    """Killed in the middle of a batch: rows and horizon are those of the batches before."""
    async with superuser.transaction():
        told = await step(superuser, None, 10)
    before = await superuser.fetchrow("select * from private.owners where user_id = $1", owner)
    undone = superuser.transaction()
    await undone.start()
    assert (await step(superuser, told["run"], 10))["batch"]["tombstones"] == 10
    await undone.rollback()
    assert await superuser.fetchrow("select * from private.owners where user_id = $1", owner) == before
    last = await step(superuser, told["run"], 1000)
    assert (last["outcome"], last["removed"]["tombstones"]) == ("done", 25)


@pytest.mark.usefixtures("owner")
async def test_the_second_of_two_at_once_says_so_and_does_nothing(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    second = await asyncpg.connect(cluster.database_url)
    try:
        async with superuser.transaction():
            told = await step(superuser, None, 10)
            assert await step(second) == {"ended": True, "outcome": "busy"}
        # Between two batches too.
        assert await step(second) == {"ended": True, "outcome": "busy"}
        assert (await step(superuser, told["run"]))["removed"]["tombstones"] == 25
        assert (await step(second))["outcome"] == "done"
    finally:
        await second.close()


@pytest.mark.usefixtures("owner")
async def test_a_run_that_was_killed_is_noted_and_followed_by_another(superuser: asyncpg.Connection) -> None:
    killed = (await step(superuser, None, 10))["run"]
    assert (await step(superuser))["outcome"] == "busy"
    await superuser.execute(
        "update private.cleanup_runs set worked_at = now() - interval '2 minutes' where id = $1", killed
    )
    following = await step(superuser)
    assert (following["outcome"], following["removed"]["tombstones"]) == ("done", 15)
    row = await superuser.fetchrow(
        "select outcome, ended_at = worked_at as at from private.cleanup_runs where id = $1", killed
    )
    assert tuple(row) == ("interrupted", True)
    # Should it wake up after all, there is nothing for it to do.
    assert (await step(superuser, killed))["outcome"] == "busy"


@pytest.mark.usefixtures("owner")
async def test_a_run_ends_before_its_statement_would_be_cancelled(superuser: asyncpg.Connection) -> None:
    """A hosted project allows postgres two minutes for a statement, and pg_cron's job is one."""
    await superuser.execute("set statement_timeout = '8s'")
    told = await superuser.fetchval("select s.told from pg_sleep(4.1), private.cleanup(batch => 10) as s (told)")
    assert '"outcome": "unfinished"' in told
    await superuser.execute("set statement_timeout = 0")
    assert (await clean_up(superuser))["removed"]["tombstones"] == 15


async def test_runs_are_kept_for_90_days_and_the_last_success_for_ever(superuser: asyncpg.Connection) -> None:
    await superuser.execute("delete from private.cleanup_runs")
    assert await superuser.fetchval("select private.cleanup_last_success()") is None
    for days in (95, 92, 91, 89):
        await superuser.execute(
            "insert into private.cleanup_runs (ran_by, cutoff, started_at, ended_at, outcome)"
            " values ('cron', now(), now() - $1 * interval '1 day', now() - $1 * interval '1 day', $2)",
            days,
            "done" if days == 92 else "interrupted",
        )
    last = await superuser.fetchval("select private.cleanup_last_success()")
    run = await step(superuser, None, 1)
    kept = await superuser.fetch("select now()::date - started_at::date as days from private.cleanup_runs order by 1")
    assert [row["days"] for row in kept] == [0, 89, 92]
    assert run["outcome"] == "done"
    assert await superuser.fetchval("select private.cleanup_last_success()") > last


async def test_a_new_epoch_clears_what_transactions_have_reserved(
    cluster: StackInfo, superuser: asyncpg.Connection, owner: UUID
) -> None:
    """S33: in a database made from a dump, the same number may come again as somebody else's transaction."""
    reserved = "select reserved_by is not null from private.owners where user_id = $1"
    assert await superuser.fetchval(reserved, owner)
    await superuser.execute("select private.renew_epoch()")
    assert not await superuser.fetchval(reserved, owner)
    async with phone(cluster, owner) as mine:
        assert len(await push(mine, "phone", (uuid4(), 0, blob()))) == 1
