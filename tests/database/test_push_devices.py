"""Registering where a device is woken: whose a token is, what is refused, and that nobody reads it."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.family import refused
from tests.database.phone import facts, insert, phone
from tests.database.wakeups import REGISTER, apns, claim, finish, register, sender

DEVICES = "select user_id, device_id, token from public.srv_push_devices where user_id = any($1) order by 2"
FCM = "dQw4w9WgXcQ:APA91bF-" + "x" * 140


@pytest.fixture
async def two(superuser: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Two users; nobody else has an address."""
    await superuser.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    return await add_user(superuser), await add_user(superuser)


async def test_a_device_is_registered_again_and_again(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    async with phone(cluster, two[0]) as mine:
        for token in (apns(1), apns(1), apns(2).upper()):
            await register(mine, "phone", token)
        await register(mine, "tablet", FCM, "fcm")
        assert [tuple(row) for row in await superuser.fetch(DEVICES, [two[0]])] == [
            (two[0], "phone", apns(2)),
            (two[0], "tablet", FCM),
        ]
        await mine.execute("select public.srv_remove_push_device('phone')")
        await mine.execute("select public.srv_remove_push_device('phone')")
    assert [row["device_id"] for row in await superuser.fetch(DEVICES, [two[0]])] == ["tablet"]


async def test_a_token_moves_with_its_phone_and_belongs_to_one_user_at_a_time(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    async with phone(cluster, two[0]) as first, phone(cluster, two[1]) as second:
        await register(first, "phone", apns(1))
        await register(first, "tablet", apns(2))
        await insert(first, device="tablet")
        async with sender(cluster) as sending:
            assert set(await claim(sending)) == {apns(1)}
        # The phone is sold: its new owner hears of nothing, and what was queued for the old one is gone.
        await register(second, "a", apns(1))
        assert [tuple(row) for row in await superuser.fetch(DEVICES, list(two))] == [
            (two[1], "a", apns(1)),
            (two[0], "tablet", apns(2)),
        ]
        assert await superuser.fetchval("select count(*) from public.srv_push_outbox") == 0
        # The app was installed anew: the same phone by another name.
        await register(second, "b", apns(1))
        assert [row["device_id"] for row in await superuser.fetch(DEVICES, [two[1]])] == ["b"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("device_id", ("", "apns", apns(1), "production")),
        ("device_id", ("a b", "apns", apns(1), "production")),
        ("device_id", (None, "apns", apns(1), "production")),
        ("platform", ("a", "web", apns(1), "production")),
        ("platform", ("a", None, apns(1), "production")),
        ("environment", ("a", "apns", apns(1), "staging")),
        ("environment", ("a", "fcm", FCM, "sandbox")),
        ("environment", ("a", "apns", apns(1), None)),
        ("token", ("a", "apns", "g" * 64, "production")),
        ("token", ("a", "apns", "ab" * 31, "production")),
        ("token", ("a", "apns", "ab" * 101, "production")),
        ("token", ("a", "apns", apns(1) + "\n", "production")),
        ("token", ("a", "apns", None, "production")),
        ("token", ("a", "fcm", FCM + "/../x", "production")),
        ("token", ("a", "fcm", "x" * 19, "production")),
        ("token", ("a", "fcm", "x" * 2049, "production")),
        ("token", ("a", "fcm", "", "production")),
    ],
)
async def test_what_is_no_address_is_refused_by_name_and_not_repeated(
    cluster: StackInfo, two: tuple[UUID, UUID], field: str, given: tuple[str, ...]
) -> None:
    async with phone(cluster, two[0]) as mine:
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await mine.execute(REGISTER, *given)
    assert (refusal.value.message, facts(refusal.value)) == ("invalid-field", {"field": field})
    assert refusal.value.hint is None


async def test_of_many_devices_the_one_longest_unused_makes_room(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    async with phone(cluster, two[0]) as mine:
        for number in range(32):
            await register(mine, f"d{number}", apns(number))
        await register(mine, "d0", apns(0))
        await register(mine, "new", apns(99))
    kept = {row["device_id"] for row in await superuser.fetch(DEVICES, [two[0]])}
    assert kept == {f"d{number}" for number in range(32)} - {"d1"} | {"new"}


async def test_a_banned_user_registers_nothing(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    await superuser.execute("update auth.users set banned_until = now() + interval '1 day' where id = $1", two[0])
    async with phone(cluster, two[0]) as mine:
        with refused("unknown-user"):
            await register(mine, "phone", apns(1))


async def test_nobody_reads_an_address_and_phones_send_nothing(cluster: StackInfo, two: tuple[UUID, UUID]) -> None:
    async with phone(cluster, two[0]) as mine:
        await register(mine, "phone", apns(1))
        for statement in (
            "select * from public.srv_push_devices",
            "select * from public.srv_push_outbox",
            "select * from private.wakeup_requests",
            "insert into public.srv_push_devices select auth.uid(), 'x', 'fcm', 'production', 'x'",
            "delete from public.srv_push_devices",
            "select * from public.srv_claim_wakeups(10, 60)",
            "select * from public.srv_finish_wakeups('{}', '{}', '{}')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await mine.execute(statement)
    async with sender(cluster) as sending:
        for statement in ("select * from public.srv_push_devices", "select private.wakeup_state()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sending.execute(statement)


async def test_a_verdict_on_an_address_does_not_touch_the_one_registered_since(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    async with phone(cluster, two[0]) as mine, sender(cluster) as sending:
        await register(mine, "phone", apns(1))
        await insert(mine, device="tablet", data=blob())
        ticket = (await claim(sending))[apns(1)]
        await register(mine, "phone", apns(2))
        assert await finish(sending, [ticket], "dead") == {"stale": 1}
        assert [row["token"] for row in await superuser.fetch(DEVICES, [two[0]])] == [apns(2)]
        # Nor is the wake-up lost that went to the old one.
        assert await superuser.fetchval("select count(*) from public.srv_push_outbox where ticket is null") == 1


async def test_two_users_who_swap_phones_at_once_do_not_lock_each_other(
    cluster: StackInfo, superuser: asyncpg.Connection, two: tuple[UUID, UUID]
) -> None:
    async with phone(cluster, two[0]) as first, phone(cluster, two[1]) as second:
        await register(first, "phone", apns(1))
        await register(second, "phone", apns(2))
        for turn in range(20):
            tokens = [apns(1), apns(2)] if turn % 2 else [apns(2), apns(1)]
            await asyncio.gather(register(first, "phone", tokens[0]), register(second, "phone", tokens[1]))
            found = [row["token"] for row in await superuser.fetch(DEVICES, list(two))]
            # Who came second may have taken the other's registration along with the phone.
            assert len(found) == len(set(found)) > 0
