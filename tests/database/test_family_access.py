"""What a caregiver may do: read entities and sync status of their owners while the link is active, and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import blob
from tests.database.family import Person, people, refused
from tests.database.phone import facts, push
from tests.database.test_pull_function import everything, pull

READABLE = {
    "entities": "select user_id from public.srv_encrypted_entities",
    "sync status": "select user_id from public.srv_sync_status",
    "horizon": "select user_id from private.owners",
    "totals": "select user_id from private.owner_totals",
}


async def seen(person: Person) -> dict[str, set[UUID]]:
    """Whose rows a person sees in each table."""
    return {name: {row["user_id"] for row in await person.phone.fetch(sql)} for name, sql in READABLE.items()}


async def status(person: Person, owner: UUID) -> dict[str, object]:
    answer: dict[str, object] = json.loads(await person.phone.fetchval("select public.srv_status($1)", owner))
    return answer


async def test_a_caregiver_reads_entities_and_sync_status_while_the_link_is_active(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with people(cluster, superuser, 3) as (owner, caregiver, stranger):
        ids = [uuid4() for _ in range(3)]
        await push(owner.phone, "phone", *[(id_, 0, blob()) for id_ in ids])
        shown = await owner.invite()
        nothing = {name: set[UUID]() for name in READABLE}
        everything_ = {name: {owner.user_id} for name in READABLE}
        for ended in (False, True):
            # Before the invitation is accepted, and after the link is revoked.
            assert await seen(caregiver) == nothing
            for call in (pull(caregiver.phone, owner.user_id), status(caregiver, owner.user_id)):
                with refused("not-a-caregiver") as fault:
                    await call
                assert (fault.value.sqlstate, facts(fault.value)) == ("MT403", {})
            assert (await status(caregiver, caregiver.user_id))["owners"] == []
            if ended:
                return
            await caregiver.accept(shown["code"])
            assert await seen(caregiver) == everything_
            rows, _ = await pull(caregiver.phone, owner.user_id)
            assert [row["id"] for row in rows] == ids
            assert (await status(caregiver, owner.user_id))["entities"] == 3
            assert (await status(caregiver, caregiver.user_id))["owners"] == [str(owner.user_id)]
            # It works one way, and for one caregiver.
            assert await seen(stranger) == nothing
            with refused("not-a-caregiver"):
                await pull(owner.phone, caregiver.user_id)
            await owner.revoke(shown["id"])


@pytest.mark.parametrize(
    "statement",
    [
        "update public.srv_encrypted_entities set version = version + 1, checksum = checksum where id = $1",
        "delete from public.srv_encrypted_entities where id = $1",
        "delete from public.srv_sync_status where id <> $1",
        "update public.srv_family_links set status = 'active' where id <> $1",
        "update public.srv_family_links set expires_at = 'infinity' where id <> $1",
        "delete from public.srv_family_links where id <> $1",
        "insert into public.srv_family_links (supervised_user_id, supervisor_id, status) values ($1, $1, 'active')",
        "insert into public.srv_family_links (supervised_user_id) values ($1) on conflict do nothing",
        "select code_hash from public.srv_family_links where id <> $1",
        "select * from public.srv_family_links where id <> $1",
        "select l from public.srv_family_links as l where id <> $1",
        "select count(*) from public.srv_family_links where code_hash <> sha256('x') and id <> $1",
        "select private.lock_invitation($1::uuid::text)",
        "select private.lock_live_users(array[$1::uuid])",
        "select private.hash_of_code($1::uuid::text)",
        "select private.keep_caregiver_cap($1)",
    ],
)
async def test_neither_side_writes_past_the_functions(
    cluster: StackInfo, superuser: asyncpg.Connection, statement: str
) -> None:
    entity = uuid4()
    async with people(cluster, superuser, 2) as (owner, caregiver):
        await push(owner.phone, "phone", (entity, 0, blob()))
        await caregiver.cares_for(owner)
        before = await superuser.fetch("select e, e.xmin from public.srv_encrypted_entities as e where id = $1", entity)
        try:
            # An update passes the grant and then finds no row that it may write.
            assert await caregiver.phone.execute(statement, entity) == "UPDATE 0"
            assert statement.startswith("update public.srv_encrypted_entities")
        except asyncpg.InsufficientPrivilegeError:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.phone.execute(statement, entity)
        after = await superuser.fetch("select e, e.xmin from public.srv_encrypted_entities as e where id = $1", entity)
        assert after == before


async def test_a_caregiver_writes_nothing_into_the_owners_account(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        entity, data = uuid4(), blob()
        await push(owner.phone, "phone", (entity, 0, blob()))
        await caregiver.cares_for(owner)
        # A push goes into the caller's own account, whatever ids it names.
        with refused("version-conflict") as fault:
            await push(caregiver.phone, "phone", (entity, 1, data))
        assert facts(fault.value)["conflicts"][0]["reason"] == "unknown"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await caregiver.phone.execute(
                """
                insert into public.srv_encrypted_entities
                  (id, user_id, entity_type, encrypted_blob, checksum, client_id)
                values ($1, $2, 'note', $3, $4, 'phone')
                """,
                uuid4(),
                owner.user_id,
                data,
                checksum_of(data),
            )
        assert (await status(owner, owner.user_id))["entities"] == 1


async def test_nobody_sees_links_that_are_not_their_own(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """Two owners and two caregivers: neither caregiver learns of the other, by function or by table."""
    async with people(cluster, superuser, 5) as (ana, bea, carl, dora, stranger):
        links = {
            (owner.user_id, caregiver.user_id): await caregiver.cares_for(owner)
            for owner, caregiver in ((ana, carl), (ana, dora), (bea, dora))
        }
        pending = {owner.user_id: (await owner.invite())["id"] for owner in (ana, bea)}
        table = "select id, supervised_user_id, supervisor_id from public.srv_family_links"
        for person in (ana, bea, carl, dora, stranger):
            own = {link for pair, link in links.items() if person.user_id in pair}
            own |= {link for owner, link in pending.items() if owner == person.user_id}
            assert {row["id"] for row in await person.links()} == own
            assert {row["id"] for row in await person.phone.fetch(table)} == own
            owners = {owner for owner, caregiver in links if caregiver == person.user_id}
            assert {row[0] for row in await person.phone.fetch("select private.readable_owners()")} == owners
        with refused("not-a-caregiver"):
            await pull(carl.phone, bea.user_id)


async def test_s12_a_late_grant_brings_the_whole_history(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """S12: what was written long before the link is delivered, and after a new link to the old clock too."""
    async with people(cluster, superuser, 2) as (owner, caregiver):
        first = [uuid4() for _ in range(5)]
        for id_ in first:
            await push(owner.phone, "phone", (id_, 0, blob()))
        later = datetime.now(UTC) + timedelta(days=1)
        link = await caregiver.cares_for(owner)
        found = [row["id"] for page in await everything(caregiver.phone, owner.user_id, limit=2) for row in page]
        assert found == first
        assert (await pull(caregiver.phone, owner.user_id, since=later))[0] == []

        _, clock = await pull(caregiver.phone, owner.user_id)
        await owner.revoke(link)
        second = [uuid4() for _ in range(5)]
        for id_ in second:
            await push(owner.phone, "tablet", (id_, 0, blob()))
        await push(owner.phone, "tablet", (first[0], 1, blob()))
        with refused("not-a-caregiver"):
            await pull(caregiver.phone, owner.user_id, clock)
        await caregiver.cares_for(owner)
        rows, after = await pull(caregiver.phone, owner.user_id, clock)
        assert [row["id"] for row in rows] == [*second, first[0]]
        assert not after["has_more"]
        again = [row["id"] for page in await everything(caregiver.phone, owner.user_id) for row in page]
        assert again == [*first[1:], *second, first[0]]


async def test_a_clock_from_before_a_purge_starts_over_after_a_new_link(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    async with people(cluster, superuser, 2) as (owner, caregiver):
        gone, kept = uuid4(), uuid4()
        await push(owner.phone, "phone", (gone, 0, blob()), (kept, 0, blob()))
        link = await caregiver.cares_for(owner)
        _, clock = await pull(caregiver.phone, owner.user_id)
        await owner.revoke(link)
        await push(owner.phone, "phone", (gone, 1, b""))
        await superuser.execute("select private.purge_tombstones(now() + interval '1 second')")
        await caregiver.cares_for(owner)
        with refused("resync-required"):
            await pull(caregiver.phone, owner.user_id, clock)
        rows, _ = await pull(caregiver.phone, owner.user_id)
        assert [row["id"] for row in rows] == [kept]


async def test_a_revocation_cuts_a_pull_between_two_pages(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """A page under way sees the moment it began at; the next one is refused."""
    async with people(cluster, superuser, 2) as (owner, caregiver):
        await push(owner.phone, "phone", *[(uuid4(), 0, blob()) for _ in range(30)])
        link = await caregiver.cares_for(owner)
        rows, after = await pull(caregiver.phone, owner.user_id, limit=10)
        assert len(rows) == 10
        async with caregiver.phone.transaction(isolation="repeatable_read", readonly=True):
            await caregiver.phone.execute("select 1")
            await owner.revoke(link)
            # One snapshot is one page at most: requests are transactions of their own.
            assert len((await pull(caregiver.phone, owner.user_id, after, limit=10))[0]) == 10
        with refused("not-a-caregiver"):
            await pull(caregiver.phone, owner.user_id, after, limit=10)
        assert (await pull(owner.phone, owner.user_id, limit=10))[1]["has_more"]
