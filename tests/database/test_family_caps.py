"""The caps of sharing, and the races for the last place and for one code."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import blob
from tests.database.family import Person, add_caregivers, add_owners, expire, people, refused
from tests.database.phone import facts, phone, push

OWNERS = "select count(*) from private.readable_owners()"


async def outcomes(*calls: Any) -> list[str]:
    """What became of calls made at once: "done", or the problem's slug."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, asyncpg.PostgresError | asyncpg.Record) for one in found), found
    return sorted(one.message if isinstance(one, asyncpg.PostgresError) else "done" for one in found)


async def test_an_owner_has_twenty_open_invitations(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        shown = [await owner.invite() for _ in range(20)]
        for _ in range(2):
            with refused("too-many-invitations") as fault:
                await owner.invite()
            assert (fault.value.sqlstate, facts(fault.value)) == ("MT403", {"limit": 20})
        # Accepted, withdrawn, declined or expired: each makes room for one.
        await caregiver.accept(shown[0]["code"])
        await owner.revoke(shown[1]["id"])
        await caregiver.decline(shown[2]["code"])
        await expire(superuser, shown[3]["id"])
        for _ in range(4):
            await owner.invite()
        with refused("too-many-invitations"):
            await owner.invite()


async def test_ended_invitations_do_not_pile_up(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 1) as (owner,):
        ended = []
        for number in range(60):
            ended.append((await owner.invite())["id"])
            await (expire(superuser, ended[-1]) if number % 2 else owner.revoke(ended[-1]))
        last = (await owner.invite())["id"]
        listed = {one["id"]: one["status"] for one in await owner.links()}
        # The newest stay, so that the owner sees how they ended.
        assert set(listed) == {last, *ended[-20:]}
        rows = "select count(*) from public.srv_family_links where supervised_user_id = $1"
        assert await superuser.fetchval(rows, owner.user_id) == 21


async def test_an_owner_has_two_hundred_caregivers(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 3) as (owner, first, second):
        await add_caregivers(superuser, owner.user_id, 50, "revoked")
        await add_caregivers(superuser, owner.user_id, 198)
        codes = [(await owner.invite())["code"] for _ in range(3)]
        await first.accept(codes[0])
        await add_caregivers(superuser, owner.user_id, 1)
        with refused("too-many-caregivers") as fault:
            await second.accept(codes[1])
        assert (fault.value.sqlstate, facts(fault.value)) == ("MT403", {"limit": 200})
        with refused("too-many-caregivers"):
            await owner.invite()
        # Who is one of them already takes no place; the refused code is still good when there is one.
        assert (await first.accept(codes[2]))["status"] == "active"
        await first.revoke((await first.links())[0]["id"])
        assert (await second.accept(codes[1]))["status"] == "active"
        assert len(await owner.links()) == 251


async def test_s36_a_caregiver_has_two_hundred_owners(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """S36: all of them are listed and readable; one more is refused, and none of them is lost."""
    async with people(cluster, superuser, 3) as (caregiver, owner, another):
        entity = uuid4()
        await push(owner.phone, "phone", (entity, 0, blob()))
        await add_owners(superuser, caregiver.user_id, 199)
        await caregiver.cares_for(owner)
        shown = await another.invite()
        with refused("too-many-owners") as fault:
            await caregiver.accept(shown["code"])
        assert (fault.value.sqlstate, facts(fault.value)) == ("MT403", {"limit": 200})
        assert len(await caregiver.links()) == 200
        assert await caregiver.phone.fetchval(OWNERS) == 200
        assert await caregiver.phone.fetchval("select id from public.srv_encrypted_entities") == entity
        # The cap is on owners alone: this caregiver can still have caregivers.
        assert await owner.cares_for(caregiver)


async def test_two_at_once_for_one_place(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """Each user has two phones or each code two takers: the caps and "one code, one caregiver" hold."""
    async with (
        people(cluster, superuser, 3) as (owner, first, second),
        phone(cluster, first.user_id) as other_phone,
        phone(cluster, owner.user_id) as tablet,
    ):
        both, also_owner = Person(first.user_id, other_phone), Person(owner.user_id, tablet)
        for _ in range(10):
            code = (await owner.invite())["code"]
            assert await outcomes(first.accept(code), second.accept(code)) == ["done", "invitation-unknown"]
            for link in await owner.links():
                await owner.revoke(link["id"])
        # One caregiver, two codes of one owner, from two phones: still one link.
        codes = [(await owner.invite())["code"] for _ in range(2)]
        assert await outcomes(first.accept(codes[0]), both.accept(codes[1])) == ["done", "done"]
        assert len([one for one in await owner.links() if one["status"] == "active"]) == 1
        # The last place among the invitations, the caregivers, the owners.
        for _ in range(19):
            await owner.invite(timedelta(minutes=1))
        assert await outcomes(owner.invite(), also_owner.invite()) == ["done", "too-many-invitations"]
        await add_caregivers(superuser, second.user_id, 199)
        codes = [(await second.invite())["code"] for _ in range(2)]
        assert await outcomes(owner.accept(codes[0]), first.accept(codes[1])) == ["done", "too-many-caregivers"]
        await add_owners(
            superuser, first.user_id, 199 - len([o for o in await first.links() if o["status"] == "active"])
        )
        async with people(cluster, superuser, 2) as two:
            codes = [(await one.invite())["code"] for one in two]
            assert await outcomes(first.accept(codes[0]), both.accept(codes[1])) == ["done", "too-many-owners"]


@pytest.mark.parametrize("commits", [True, False])
async def test_the_second_waits_for_what_the_first_does(
    cluster: StackInfo,
    superuser: asyncpg.Connection,
    commits: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    async with people(cluster, superuser, 3) as (owner, first, second):
        shown = await owner.invite()
        held = first.phone.transaction()
        await held.start()
        await first.accept(shown["code"])
        waiting = [asyncio.create_task(call) for call in (second.accept(shown["code"]), owner.revoke(shown["id"]))]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in waiting)
        # Neither a push nor a pull of the owner waits for it.
        async with phone(cluster, owner.user_id) as tablet:
            await push(tablet, "tablet", (uuid4(), 0, blob()))
        await (held.commit() if commits else held.rollback())
        taken, revoked = await asyncio.gather(*waiting, return_exceptions=True)
        assert revoked["status"] == "revoked"
        assert commits <= (getattr(taken, "message", "") == "invitation-unknown")
        assert {one["status"] for person in (owner, first, second) for one in await person.links()} == {"revoked"}


async def test_nothing_at_once_deadlocks(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """Two who accept each other's codes and end each other's links, while a user who invited both is deleted."""
    async with people(cluster, superuser, 2) as (ana, luis), people(cluster, superuser, 20) as leaving:
        for gone in leaving:
            his, hers, of_the_gone = await luis.invite(), await ana.invite(), await gone.invite()
            assert await outcomes(ana.accept(his["code"]), luis.accept(hers["code"])) == ["done", "done"]
            assert await outcomes(ana.revoke(his["id"]), luis.revoke(hers["id"])) == ["done", "done"]
            accepted, deleted = await asyncio.gather(
                ana.accept(of_the_gone["code"]),
                superuser.execute("delete from auth.users where id = $1", gone.user_id),
                return_exceptions=True,
            )
            assert deleted == "DELETE 1"
            assert isinstance(accepted, asyncpg.Record) or accepted.message == "invitation-unknown"
        assert {one["status"] for one in await ana.links()} == {"revoked"}
