"""Which writes wake whom, once, and that none of it is lost: as phones write and the sender claims."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import blob, claims_of
from tests.database.family import Person, add_caregivers, people
from tests.database.phone import insert, push, update
from tests.database.test_growth import pages
from tests.database.wakeups import apns, claim, finish, let_time_pass, register, send_all, sender, waits_for_a_lock

MINE, TABLET, THEIRS = apns(1), apns(2), apns(3)
REQUESTS = "select count(*) from private.wakeup_requests"


@pytest.fixture
async def family(cluster: StackInfo, superuser: asyncpg.Connection) -> AsyncIterator[tuple[Person, Person]]:
    """An owner with phone and tablet, and a caregiver with a phone; nobody is to be woken yet."""
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    async with people(cluster, superuser, 2) as (owner, caregiver):
        await caregiver.cares_for(owner)
        await register(owner.phone, "phone", MINE)
        await register(owner.phone, "tablet", TABLET)
        await register(caregiver.phone, "phone", THEIRS)
        await superuser.execute("truncate private.wakeup_requests")
        yield owner, caregiver


@pytest.fixture
async def sending(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    async with sender(cluster) as connection:
        yield connection


@pytest.mark.parametrize("way", ["push", "insert"])
async def test_a_write_wakes_the_other_devices_and_caregivers_and_not_the_writer(
    family: tuple[Person, Person], sending: asyncpg.Connection, way: str
) -> None:
    owner, _ = family
    if way == "push":
        await push(owner.phone, "phone", (uuid4(), 0, blob()), (uuid4(), 0, blob()))
    else:
        await insert(owner.phone, device="phone")
    assert await send_all(sending) == {TABLET, THEIRS}
    assert await send_all(sending) == set()


async def test_an_update_and_a_deletion_wake_too(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, _ = family
    id_ = uuid4()
    await push(owner.phone, "phone", (id_, 0, blob()))
    assert await send_all(sending)
    for work in (
        push(owner.phone, "phone", (id_, 1, blob()), (uuid4(), 0, blob())),
        update(owner.phone, id_, 3, device="phone"),
        push(owner.phone, "phone", (id_, 3, b"")),
    ):
        await let_time_pass(superuser)
        await work
        assert await superuser.fetchval(REQUESTS) == 1
        assert await send_all(sending) == {TABLET, THEIRS}


async def test_a_retry_a_conflict_and_a_write_that_is_rolled_back_wake_nobody(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, _ = family
    id_, data = uuid4(), blob()
    await push(owner.phone, "phone", (id_, 0, data))
    assert await send_all(sending)
    await let_time_pass(superuser)
    await push(owner.phone, "phone", (id_, 0, data))
    for wrong in (push(owner.phone, "phone", (id_, 0, blob())), insert(owner.phone, id_), update(owner.phone, id_, 9)):
        with pytest.raises(asyncpg.PostgresError):
            await wrong
    assert await update(owner.phone, uuid4(), 2) is None
    undone = owner.phone.transaction()
    await undone.start()
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    await undone.rollback()
    assert await superuser.fetchval(REQUESTS) == 0
    assert await send_all(sending) == set()


async def test_purge_and_erasure_wake_nobody_and_leave_nothing(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, caregiver = family
    id_ = uuid4()
    await push(owner.phone, "phone", (id_, 0, blob()))
    await push(owner.phone, "phone", (id_, 1, b""))
    await send_all(sending)
    await let_time_pass(superuser)
    assert await superuser.fetchval("select private.purge_tombstones('infinity', 1000)") >= 1
    assert await superuser.fetchval(REQUESTS) == 0
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    await superuser.fetch("select * from private.erase_batch($1, $2, 1000)", owner.user_id, UUID(int=0))
    await superuser.execute("select private.finish_erasure($1)", owner.user_id)
    assert await superuser.fetchval(REQUESTS) == 0
    assert await send_all(sending) == set()
    await register(caregiver.phone, "phone", THEIRS)


async def test_who_has_nobody_to_wake_leaves_no_trace(
    family: tuple[Person, Person], superuser: asyncpg.Connection
) -> None:
    _, caregiver = family
    await push(caregiver.phone, "phone", (uuid4(), 0, blob()))
    assert await superuser.fetchval(REQUESTS) == 0


async def test_a_grant_and_a_revocation_wake_both_sides(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, caregiver = family
    (link,) = await caregiver.links()
    await caregiver.revoke(link["id"])
    assert await send_all(sending) == {MINE, TABLET, THEIRS}
    await let_time_pass(superuser)
    await caregiver.revoke(link["id"])
    assert await send_all(sending) == set()
    # Invited only, and declined.
    await caregiver.decline((await owner.invite())["code"])
    code = (await owner.invite())["code"]
    assert await send_all(sending) == set()
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    assert await send_all(sending) == {TABLET}
    await let_time_pass(superuser)
    await caregiver.accept(code)
    assert await send_all(sending) == {MINE, TABLET, THEIRS}
    await caregiver.accept(code)
    assert await send_all(sending) == set()
    # Two devices write before anybody is woken: each has to hear of the other.
    await let_time_pass(superuser)
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    await push(owner.phone, "tablet", (uuid4(), 0, blob()))
    assert await send_all(sending) == {MINE, TABLET, THEIRS}


async def test_many_writes_are_one_wake_up_in_a_window(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, _ = family
    for _ in range(5):
        await push(owner.phone, "phone", (uuid4(), 0, blob()))
    assert await superuser.fetchval(REQUESTS) == 1
    assert await send_all(sending) == {TABLET, THEIRS}
    for _ in range(3):
        await push(owner.phone, "phone", (uuid4(), 0, blob()))
        assert await send_all(sending) == set()
    due = await superuser.fetch(
        "select o.due_at - d.woken_at from public.srv_push_outbox as o"
        " join public.srv_push_devices as d using (user_id, device_id)"
    )
    assert [row[0] for row in due] == [timedelta(seconds=20)] * 2
    await let_time_pass(superuser)
    assert await send_all(sending) == {TABLET, THEIRS}


async def test_what_changes_while_a_wake_up_is_under_way_is_told_once_more(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection, cluster: StackInfo
) -> None:
    owner, _ = family
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    first = await claim(sending)
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    async with sender(cluster) as other:
        assert await claim(other) == {}
    assert await finish(sending, list(first.values())) == {"sent": 2}
    assert await claim(sending) == {}
    await let_time_pass(superuser)
    assert await send_all(sending) == {TABLET, THEIRS}
    assert await send_all(sending) == set()


async def test_a_change_that_commits_late_is_not_told_too_early(
    family: tuple[Person, Person], sending: asyncpg.Connection
) -> None:
    """A request that waits already must not go out before a change that relies on it can be seen."""
    owner, _ = family
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    async with owner.phone.transaction():
        await push(owner.phone, "phone", (uuid4(), 0, blob()))
        assert await claim(sending) == {}
    assert await send_all(sending) == {TABLET, THEIRS}


async def test_a_writer_never_waits_for_a_sender_and_the_sender_for_no_writer(
    family: tuple[Person, Person], sending: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, caregiver = family
    await push(owner.phone, "phone", (uuid4(), 0, blob()))
    await owner.phone.execute("set lock_timeout = '100ms'")
    await sending.execute("set lock_timeout = '100ms'")
    async with sending.transaction():
        assert set(await claim(sending)) == {TABLET, THEIRS}
        await push(owner.phone, "phone", (uuid4(), 0, blob()))
    async with owner.phone.transaction():
        await push(owner.phone, "tablet", (uuid4(), 0, blob()))
        assert await claim(sending) == {}
    # An address is being registered at this moment: its wake-up comes with the next claim.
    await let_time_pass(superuser)
    await superuser.execute("delete from public.srv_push_outbox")
    async with caregiver.phone.transaction():
        await register(caregiver.phone, "phone", THEIRS)
        assert await send_all(sending) == {MINE, TABLET}
    assert await send_all(sending) == {THEIRS}


async def test_owners_who_care_for_each_other_push_at_once(
    sending: asyncpg.Connection, family: tuple[Person, Person]
) -> None:
    owner, caregiver = family
    await owner.cares_for(caregiver)
    await owner.phone.execute("set lock_timeout = '100ms'")
    await caregiver.phone.execute("set lock_timeout = '100ms'")
    async with owner.phone.transaction(), caregiver.phone.transaction():
        await push(owner.phone, "phone", (uuid4(), 0, blob()))
        await push(caregiver.phone, "phone", (uuid4(), 0, blob()))
        await push(owner.phone, "tablet", (uuid4(), 0, blob()))
        await push(caregiver.phone, "watch", (uuid4(), 0, blob()))
    assert await send_all(sending) == {MINE, TABLET, THEIRS}


async def test_who_revokes_does_not_wait_for_a_caregiver_who_is_being_deleted(
    cluster: StackInfo, superuser: asyncpg.Connection, sending: asyncpg.Connection, family: tuple[Person, Person]
) -> None:
    owner, caregiver = family
    (link,) = await owner.links()
    async with owner.phone.transaction():
        await owner.revoke(link["id"])
        leaving = asyncio.create_task(_delete(cluster, caregiver.user_id))
        assert await waits_for_a_lock(superuser, leaving)
    await leaving
    assert await send_all(sending) == {MINE, TABLET}


async def _delete(cluster: StackInfo, user_id: UUID) -> None:
    connection = await asyncpg.connect(cluster.admin_database_url)
    try:
        await connection.execute("delete from auth.users where id = $1", user_id)
    finally:
        await connection.close()


async def test_the_work_of_a_push_does_not_grow_with_those_who_follow(
    family: tuple[Person, Person], superuser: asyncpg.Connection
) -> None:
    owner, _ = family
    touched = []
    for _ in range(2):
        await superuser.execute("select set_config('request.jwt.claims', $1, false)", claims_of(owner.user_id))
        await superuser.execute("select private.lock_owner($1)", owner.user_id)
        touched.append(await pages(superuser, "select private.request_wakeup($1, 'phone', true)", owner.user_id))
        await add_caregivers(superuser, owner.user_id, 190)
        await superuser.execute(
            """
            insert into public.srv_push_devices (user_id, device_id, platform, token)
            select l.supervisor_id, 'd' || n, 'fcm', l.supervisor_id || ':' || n
            from public.srv_family_links as l, generate_series(1, 30) as n
            where l.supervised_user_id = $1
            on conflict do nothing
            """,
            owner.user_id,
        )
    assert touched[1] <= touched[0] + 5
