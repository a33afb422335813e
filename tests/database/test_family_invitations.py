"""Inviting, accepting, declining and revoking, and what each says to those it does not concern."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, link
from tests.database.family import LINK, Person, expire, people, refused
from tests.database.phone import facts, phone

WRONG = "0123-4567-89ab-cdef-0123-4567-89ab-cdef"


async def test_a_code_is_shown_once_and_stored_hashed(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 1) as (owner,):
        codes = set()
        for _ in range(20):
            shown = await owner.invite()
            assert list(shown.keys()) == ["id", "code", "expires_at"]
            assert re.fullmatch(r"([0-9a-f]{4}-){7}[0-9a-f]{4}", shown["code"])
            secret = bytes.fromhex(shown["code"].replace("-", ""))
            codes.add(secret)
            row = await superuser.fetchrow("select l, l.* from public.srv_family_links as l where id = $1", shown["id"])
            assert row["code_hash"] == sha256(secret).digest()
            assert secret.hex() not in str(row["l"])
            assert (row["supervised_user_id"], row["supervisor_id"], row["status"]) == (owner.user_id, None, "pending")
        assert len(codes) == 20
        # No bit of it is fixed, as some of a UUID are.
        assert all(len({code[place] >> 4 for code in codes}) > 2 for place in range(16))
        assert all(len({code[place] & 15 for code in codes}) > 2 for place in range(16))


@pytest.mark.parametrize("mode", ["lower", "upper", "blanks", "bare", "dashes", "lines"])
async def test_a_code_can_be_typed_in_many_ways(cluster: StackInfo, superuser: asyncpg.Connection, mode: str) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        shown = await owner.invite()
        typed = {
            "lower": f"  {shown['code']} ",
            "upper": shown["code"].upper(),
            "blanks": shown["code"].replace("-", " "),
            "bare": shown["code"].replace("-", ""),
            "dashes": shown["code"].replace("-", " \N{EN DASH}\N{NO-BREAK SPACE}"),
            "lines": shown["code"].replace("-", "\r\n"),
        }[mode]
        accepted = await caregiver.accept(typed)
        assert list(accepted.keys()) == LINK
        assert (accepted["id"], accepted["role"], accepted["user_id"]) == (shown["id"], "caregiver", owner.user_id)
        assert (accepted["status"], accepted["expires_at"]) == ("active", None)


@pytest.mark.parametrize("code", [None, "", "-", "0" * 31, "0" * 33, "g" * 32, "é" * 32, "0" * 100_000, WRONG + "\n0"])
async def test_what_is_no_code_is_an_unknown_one(
    cluster: StackInfo, superuser: asyncpg.Connection, code: str | None
) -> None:
    async with people(cluster, superuser, 1) as (person,):
        for act in (person.accept, person.decline):
            with refused("invitation-unknown") as fault:
                await act(code)
            assert (fault.value.sqlstate, facts(fault.value)) == ("MT404", {})


async def test_codes_that_are_of_no_use_look_the_same(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """Wrong, declined, withdrawn, used, revoked, and of an owner who is gone: nobody learns which."""
    async with people(cluster, superuser, 4) as (owner, caregiver, stranger, gone):
        declined, withdrawn, used, revoked = [await owner.invite() for _ in range(4)]
        of_the_banned, of_the_deleted = await gone.invite(), await stranger.invite()
        await stranger.decline(declined["code"])
        await owner.revoke(withdrawn["id"])
        await caregiver.accept(used["code"])
        await stranger.accept(revoked["code"])
        await owner.revoke(revoked["id"])
        await superuser.execute("update auth.users set banned_until = 'infinity' where id = $1", gone.user_id)
        useless = [WRONG, declined["code"], withdrawn["code"], revoked["code"], of_the_banned["code"]]
        faults = set()
        for person, codes in ((caregiver, useless), (stranger, [*useless, used["code"]])):
            for code in codes:
                for act in (person.accept, person.decline):
                    with refused("invitation-unknown") as fault:
                        await act(code)
                    faults.add((fault.value.sqlstate, fault.value.detail, fault.value.hint))
        assert faults == {("MT404", "{}", None)}
        await superuser.execute("update auth.users set deleted_at = now() where id = $1", stranger.user_id)
        with refused("invitation-unknown"):
            await caregiver.accept(of_the_deleted["code"])
        # A ban that is over leaves the code good.
        await superuser.execute("update auth.users set banned_until = now() where id = $1", gone.user_id)
        assert (await caregiver.accept(of_the_banned["code"]))["status"] == "active"


async def test_an_expired_code_is_told(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        shown = await owner.invite()
        await expire(superuser, shown["id"])
        for act in (caregiver.accept, caregiver.decline):
            with refused("invitation-expired") as fault:
                await act(shown["code"])
            assert fault.value.sqlstate == "MT410"
        # Its owner can still take it back, and then it is like any other.
        assert (await owner.revoke(shown["id"]))["status"] == "revoked"
        with refused("invitation-unknown"):
            await caregiver.accept(shown["code"])


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [("1 minute", 60), ("30 days", 2_592_000), ("720 hours", 2_592_000), ("1 month", 2_592_000), (None, 604_800)],
)
async def test_how_long_an_invitation_may_last(
    cluster: StackInfo, superuser: asyncpg.Connection, valid_for: str | None, seconds: int
) -> None:
    async with people(cluster, superuser, 1) as (owner,):
        await owner.phone.execute("set time zone 'Europe/Madrid'")
        given = f"valid_for => interval '{valid_for}'" if valid_for else ""
        shown = await owner.phone.fetchrow(f"select * from public.srv_invite_caregiver({given})")  # noqa: S608 - constants
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        assert ends - timedelta(seconds=60) < shown["expires_at"] <= ends


@pytest.mark.parametrize("valid_for", ["59.999 seconds", "30 days 1 second", "0", "-7 days", "1 year"])
async def test_how_long_an_invitation_may_not_last(
    cluster: StackInfo, superuser: asyncpg.Connection, valid_for: str
) -> None:
    async with people(cluster, superuser, 1) as (owner,):
        for interval in (f"interval '{valid_for}'", "null"):
            with refused("invalid-field") as fault:
                await owner.phone.execute(f"select public.srv_invite_caregiver({interval})")
            assert (fault.value.sqlstate, facts(fault.value)) == ("MT400", {"field": "valid_for"})
        assert await owner.links() == []


async def test_nobody_accepts_their_own_invitation(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        shown = await owner.invite()
        for act in (owner.accept, owner.decline):
            with refused("own-invitation") as fault:
                await act(shown["code"])
            assert fault.value.sqlstate == "MT422"
        assert (await caregiver.accept(shown["code"]))["status"] == "active"


async def test_a_retry_is_answered_alike(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """The answer got lost; the invitation's own end does not matter any more."""
    async with people(cluster, superuser, 2) as (owner, caregiver):
        shown = await owner.invite(timedelta(minutes=1))
        first = await caregiver.accept(shown["code"])
        assert await caregiver.accept(shown["code"].upper()) == first
        with refused("invitation-unknown"):
            await caregiver.decline(shown["code"])
        # A late retry does not bring back what was ended since.
        await owner.revoke(shown["id"])
        with refused("invitation-unknown"):
            await caregiver.accept(shown["code"])
        assert [one["status"] for one in await caregiver.links()] == ["revoked"]


async def test_accepting_twice_leaves_the_link_as_it_is(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 3) as (owner, caregiver, stranger):
        first = await caregiver.accept((await owner.invite())["code"])
        again = await owner.invite()
        for _ in range(2):
            assert await caregiver.accept(again["code"]) == first
        with refused("invitation-unknown"):
            await stranger.accept(again["code"])
        assert [(one["id"], one["status"]) for one in await owner.links()] == [(first["id"], "active")]


async def test_after_a_revocation_the_pair_can_be_linked_again(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        seen: list[UUID] = []
        for ends in (owner, caregiver, owner):
            seen.append(await caregiver.cares_for(owner))
            await ends.revoke(seen[-1])
        seen.append(await caregiver.cares_for(owner))
        assert len(set(seen)) == 4
        # One link per pair: the ended ones do not pile up.
        assert [(one["id"], one["status"]) for one in await owner.links()] == [(seen[-1], "active")]
        assert [one["id"] for one in await caregiver.links()] == [seen[-1]]


async def test_both_sides_may_care_for_each_other(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 2) as (ana, luis):
        mine, his = await ana.cares_for(luis), await luis.cares_for(ana)
        assert {(one["id"], one["role"], one["user_id"]) for one in await ana.links()} == {
            (mine, "caregiver", luis.user_id),
            (his, "owner", luis.user_id),
        }


async def test_a_link_is_ended_by_either_side_once_and_by_nobody_else(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with people(cluster, superuser, 4) as (owner, caregiver, other, stranger):
        shared, kept = await caregiver.cares_for(owner), await other.cares_for(owner)
        pending = await owner.invite()
        for person, link_id in (
            *((stranger, one) for one in (shared, kept, pending["id"], uuid4(), None)),
            (caregiver, kept),
            (caregiver, pending["id"]),
        ):
            # The same for a link of others and for none.
            with refused("link-unknown") as fault:
                await person.revoke(link_id)
            assert (fault.value.sqlstate, facts(fault.value)) == ("MT404", {})
        ended = await caregiver.revoke(shared)
        assert list(ended.keys()) == LINK
        assert (ended["id"], ended["role"], ended["status"]) == (shared, "caregiver", "revoked")
        assert await caregiver.revoke(shared) == ended
        seen = await owner.revoke(shared)
        assert (seen["role"], seen["user_id"], seen["updated_at"]) == ("owner", caregiver.user_id, ended["updated_at"])
        withdrawn = await owner.revoke(pending["id"])
        assert (withdrawn["user_id"], withdrawn["status"], withdrawn["expires_at"]) == (None, "revoked", None)
        assert await owner.revoke(pending["id"]) == withdrawn
        assert {one["id"]: one["status"] for one in await owner.links()} == {
            kept: "active",
            shared: "revoked",
            pending["id"]: "revoked",
        }


async def test_callers_who_are_no_users_any_more(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 4) as (owner, banned, deleted, removed):
        shown = await owner.invite()
        await superuser.execute("update auth.users set banned_until = now() + '1 h' where id = $1", banned.user_id)
        await superuser.execute("update auth.users set deleted_at = now() where id = $1", deleted.user_id)
        await superuser.execute("delete from auth.users where id = $1", removed.user_id)
        async with phone(cluster, owner.user_id) as nobody:
            await nobody.execute("select set_config('request.jwt.claims', '', false)")
            for person in (banned, deleted, removed, Person(owner.user_id, nobody)):
                for act in (
                    person.invite,
                    lambda person=person: person.accept(shown["code"]),
                    lambda person=person: person.accept(WRONG),
                    lambda person=person: person.decline(shown["code"]),
                    lambda person=person: person.revoke(shown["id"]),
                    person.links,
                ):
                    with refused("unknown-user") as fault:
                        await act()
                    assert fault.value.sqlstate == "MT401"


async def test_the_links_of_a_deleted_user_go(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    async with people(cluster, superuser, 3) as (owner, caregiver, other):
        await caregiver.cares_for(owner)
        await other.cares_for(owner)
        await superuser.execute("delete from auth.users where id = $1", caregiver.user_id)
        assert [one["user_id"] for one in await owner.links()] == [other.user_id]
        await owner.invite()
        await superuser.execute("delete from auth.users where id = $1", owner.user_id)
        assert await other.links() == []
        assert not await superuser.fetchval(
            "select count(*) from public.srv_family_links where supervised_user_id = $1", owner.user_id
        )


@pytest.mark.parametrize("role", ["anon", "service_role", "medtime_service", "supabase_auth_admin"])
async def test_no_other_role_may_call_them(superuser: asyncpg.Connection, role: str) -> None:
    for function in (
        "public.srv_invite_caregiver(interval)",
        "public.srv_accept_invitation(text)",
        "public.srv_decline_invitation(text)",
        "public.srv_revoke_link(uuid)",
        "public.srv_list_family_links()",
    ):
        assert not await superuser.fetchval("select has_function_privilege($1, $2, 'execute')", role, function)
        assert await superuser.fetchval("select has_function_privilege('authenticated', $1, 'execute')", function)


@pytest.mark.parametrize(
    "change",
    [
        "supervisor_id = null",
        "supervisor_id = supervised_user_id",
        "status = 'accepted'",
        "code_hash = 'short'",
        "status = 'revoked', code_hash = sha256('x')",
        "expires_at = now()",
        "supervisor_id = null, status = 'pending', expires_at = now()",
    ],
)
async def test_the_table_holds_no_nonsense(superuser: asyncpg.Connection, change: str) -> None:
    caregiver, owner = await add_user(superuser), await add_user(superuser)
    await link(superuser, caregiver, owner)
    with pytest.raises(asyncpg.CheckViolationError):
        await superuser.execute(f"update public.srv_family_links set {change} where supervisor_id = $1", caregiver)  # noqa: S608 - constants
