"""An erased user: a search over all tables finds nothing of them, and everything of others."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.services import erasure
from tests.accounts import add_session, add_user, blob, link
from tests.database.phone import insert, phone, push

# How a table gets a row of a user; those of entities and their counters come by a push.
SEEDS: Final = {
    "auth.users": "update auth.users set raw_user_meta_data = jsonb_build_object('id', id, 'by', email) where id = $1",
    "auth.sessions": "update auth.sessions set user_agent = 'phone' where user_id = $1",
    "auth.refresh_tokens": """
    insert into auth.refresh_tokens (token, user_id, session_id)
    select gen_random_uuid()::text, s.user_id::text, s.id from auth.sessions as s where s.user_id = $1
    union all select gen_random_uuid()::text, $1::uuid::text, null
    """,
    "auth.identities": """
    insert into auth.identities (provider_id, user_id, identity_data, provider)
    select u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email), 'email' from auth.users as u
    where u.id = $1
    """,
    "auth.mfa_amr_claims": """
    insert into auth.mfa_amr_claims (session_id, created_at, updated_at, authentication_method, id)
    select s.id, now(), now(), 'password', gen_random_uuid() from auth.sessions as s where s.user_id = $1
    """,
    "private.owner_totals": "",
    "private.owners": "",
    "private.user_tiers": "insert into private.user_tiers values ($1, 'pro')",
    "public.srv_encrypted_entities": "",
    "public.srv_family_links": """
    insert into public.srv_family_links (supervised_user_id, code_hash, expires_at)
    values ($1, sha256(gen_random_uuid()::text::bytea), now() + interval '1 day')
    """,
    "public.srv_ocr_requests": "insert into public.srv_ocr_requests (user_id) values ($1)",
    "public.srv_push_devices": """
    insert into public.srv_push_devices (user_id, device_id, platform, token)
    values ($1, 'phone', 'apns', 'token of ' || $1::uuid)
    """,
    "private.wakeup_requests": "insert into private.wakeup_requests (user_id, caregivers_too) values ($1, true)",
    "public.srv_push_outbox": "insert into public.srv_push_outbox (user_id, device_id) values ($1, 'phone')",
    "public.srv_sync_status": "",
}
# What some versions of Auth have, without a foreign key.
OLDER_TABLES: Final = """
create table auth.flow_state (id uuid primary key, user_id uuid);
create table auth.audit_log_entries (id uuid primary key, payload json);
"""
REACHED: Final = """
with recursive reached as (
  select 'auth.users'::regclass::oid as id
  union
  select c.conrelid from pg_constraint as c inner join reached as r on c.confrelid = r.id where c.contype = 'f'
)
select n.nspname || '.' || t.relname as name
from reached as r inner join pg_class as t on r.id = t.oid inner join pg_namespace as n on t.relnamespace = n.oid
"""
TABLES: Final = """
select format('%I.%I', t.schemaname, t.tablename) as name from pg_tables as t
where t.schemaname in ('public', 'private', 'auth')
"""


def email(user_id: UUID) -> str:
    return f"{user_id}@test.medtime.app"


async def seeded(cluster: StackInfo, superuser: asyncpg.Connection) -> UUID:
    """A user with a row in every table that can have one."""
    user_id = await add_user(superuser)
    await add_session(superuser, user_id)
    async with phone(cluster, user_id) as own:
        await push(own, "phone", (uuid4(), 0, blob()), (uuid4(), 0, blob(100)))
        await insert(own)
    for statement in SEEDS.values():
        if statement:
            await superuser.execute(statement, user_id)
    return user_id


async def words_of(superuser: asyncpg.Connection, user_id: UUID) -> list[str]:
    """What tells of a user: id and address, as text and as bytes, and the ids of their sessions."""
    sessions = await superuser.fetch("select id from auth.sessions where user_id = $1", user_id)
    texts = (str(user_id), email(user_id))
    return [user_id.hex, *texts, *(text.encode().hex() for text in texts), *(str(row["id"]) for row in sessions)]


async def traces(superuser: asyncpg.Connection, words: list[str]) -> dict[str, list[str]]:
    """Rows by table in which one of the words is, in any column, also within JSON, arrays and bytes."""
    found = {}
    for table in await superuser.fetch(TABLES):
        rows = await superuser.fetch(
            f"select t::text as row from {table['name']} as t where t::text ~* $1",  # noqa: S608 - a name of the catalog
            "|".join(map(re.escape, words)),
        )
        if rows:
            found[table["name"]] = sorted(row["row"] for row in rows)
    return found


@asynccontextmanager
async def operator(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """As on a hosted project: the role postgres, which is no superuser."""
    connection = await asyncpg.connect(cluster.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def erased(cluster: StackInfo, user_id: UUID, report: Callable[[int], None] = lambda _: None) -> list[str]:
    async with operator(cluster) as connection:
        assert await erasure.lock_out(connection, user_id)
        return await erasure.erase(connection, user_id, report)


async def test_every_table_that_leads_to_a_user_is_seeded(superuser: asyncpg.Connection) -> None:
    """One that is added later must be added to the seeds, and is then searched too."""
    assert {row["name"] for row in await superuser.fetch(REACHED)} == set(SEEDS)


async def test_nothing_is_left_of_the_user_and_all_of_others(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    user_id, other = await seeded(cluster, superuser), await seeded(cluster, superuser)
    await link(superuser, user_id, other)
    await link(superuser, other, user_id, "revoked")
    async with operator(cluster) as connection:
        shown = {row.name: row.amount for row in await erasure.preview(connection, user_id)}
    assert set(shown) == set(SEEDS)
    words, others_words = await words_of(superuser, user_id), await words_of(superuser, other)
    assert set(await traces(superuser, words)) == set(SEEDS)
    before = await traces(superuser, others_words)
    assert await erased(cluster, user_id) == []
    assert await traces(superuser, words) == {}
    after = await traces(superuser, others_words)
    links = "public.srv_family_links"
    shared = [row for row in before[links] if str(user_id) in row]
    assert len(shared) == 2
    assert after == before | {links: [row for row in before[links] if row not in shared]}


async def test_what_auth_keeps_without_a_foreign_key_goes_too(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    user_id, other = await seeded(cluster, superuser), await add_user(superuser)
    await superuser.execute(OLDER_TABLES)
    try:
        await superuser.execute("insert into auth.flow_state select gen_random_uuid(), $1::uuid", user_id)
        entry = "insert into auth.audit_log_entries select gen_random_uuid(), json_build_object('actor_id', $1::text)"
        await superuser.execute(entry, str(user_id))
        await superuser.execute(entry, str(other))
        await superuser.execute("grant all on auth.flow_state to postgres")
        assert await erased(cluster, user_id) == ["auth.audit_log_entries"]
        assert set(await traces(superuser, await words_of(superuser, user_id))) == {"auth.audit_log_entries"}
        await superuser.execute("grant all on auth.audit_log_entries to postgres")
        again = await add_user(superuser)
        await superuser.execute(entry, str(again))
        assert await erased(cluster, again) == []
        assert await traces(superuser, await words_of(superuser, again)) == {}
        assert set(await traces(superuser, await words_of(superuser, other))) == {
            "auth.users",
            "auth.audit_log_entries",
        }
    finally:
        await superuser.execute("drop table auth.flow_state, auth.audit_log_entries")


async def test_an_interrupted_erasure_goes_on(
    cluster: StackInfo, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await seeded(cluster, superuser)
    monkeypatch.setattr(erasure, "BATCH", 2)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    async with operator(cluster) as connection:
        await erasure.lock_out(connection, user_id)
        with pytest.raises(KeyboardInterrupt):
            await erasure.erase(connection, user_id, stop)
        assert {row.name: row.amount for row in await erasure.preview(connection, user_id)}["auth.users"] == 1
        assert await superuser.fetchval("select count(*) from auth.sessions where user_id = $1", user_id) == 0
        state = "select private.session_state(gen_random_uuid(), $1)"
        assert await superuser.fetchval(state, user_id) == "banned"
        batches: list[int] = []
        assert await erasure.erase(connection, user_id, batches.append) == []
    assert batches == [2, 0]
    assert await traces(superuser, await words_of(superuser, user_id)) == {}


async def test_two_erasures_at_once_and_writes_meanwhile_do_no_harm(
    cluster: StackInfo, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await seeded(cluster, superuser)
    monkeypatch.setattr(erasure, "BATCH", 1)
    refused: list[str] = []

    async def write() -> None:
        """An access token that has not expired goes on writing through REST."""
        async with phone(cluster, user_id) as own:
            for _ in range(200):
                try:
                    await insert(own)
                except asyncpg.PostgresError as fault:
                    refused.append(fault.sqlstate)
                    return

    await asyncio.gather(erased(cluster, user_id), _late(cluster, user_id), write())
    assert await traces(superuser, await words_of(superuser, user_id)) == {}
    assert refused in ([], ["MT401"])


async def _late(cluster: StackInfo, user_id: UUID) -> None:
    async with operator(cluster) as connection:
        await erasure.erase(connection, user_id, lambda _: None)


async def test_a_write_waits_for_a_batch_only(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    """Its owner's lock is free between batches, however large the account is."""
    user_id = await seeded(cluster, superuser)
    data = blob(30)
    async with phone(cluster, user_id) as own:
        await own.execute(
            """
            insert into public.srv_encrypted_entities (id, entity_type, encrypted_blob, checksum, client_id, version)
            select gen_random_uuid(), 'note', $1, $2, 'phone', 1 from generate_series(1, 5000)
            """,
            data,
            checksum_of(data),
        )
        batches: list[int] = []
        # How many batches ended while a write waited, which no slow machine makes more.
        seen: list[int] = []

        async def write() -> None:
            while True:
                before = len(batches)
                await insert(own)
                seen.append(len(batches) - before)

        writing = asyncio.create_task(write())
        await erased(cluster, user_id, batches.append)
        with pytest.raises(asyncpg.PostgresError):
            await writing
    assert len(seen) > 5
    assert len(batches) > 5
    # The one under way when it came, and one whose end is told before its own.
    assert max(seen) <= 2


async def test_who_is_not_there_cannot_be_locked_out(cluster: StackInfo) -> None:
    async with operator(cluster) as connection:
        assert not await erasure.lock_out(connection, uuid4())
