"""Copies of one database: with the policies as they are (twice, to see the noise), and without row level security."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from benchmarks.accounts import Account, add_user, fill, settle
from medtime_backend.local.shadow import Shadow
from tests.accounts import link

WITHOUT = "without"
WITH = "with"
AGAIN = "with, again"
# Names of databases in a server that is ours alone.
COPIES = {
    WITHOUT: ("policies_off", "create database policies_off template postgres"),
    WITH: ("policies_on", "create database policies_on template postgres"),
    AGAIN: ("policies_on_again", "create database policies_on_again template postgres"),
}

# Links of other people, each a caregiver of one: without them, our caregiver's would be the whole table, and no index
# would seem worth using.
OTHERS = 20_000
OTHER_USERS = """
insert into auth.users (id, aud, role, email)
select md5(n::text)::uuid, 'authenticated', 'authenticated', n || '@bench.medtime.app'
from generate_series(0, $1::integer) as n
"""
OTHER_LINKS = """
insert into public.srv_family_links (supervisor_id, supervised_user_id, status)
select md5(n::text)::uuid, md5((n + 1)::text)::uuid, 'active'
from generate_series(0, $1::integer - 1) as n
"""

OWNER_ENTITIES = 150
OWNERS = 200
BLOB_BYTES = 1024

# The server does the quoting, since ALTER TABLE takes no parameters.
GUARDED = """
select format('alter table %s disable row level security, no force row level security', c.oid::regclass)
from pg_catalog.pg_class as c
where c.relrowsecurity and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
"""

People = dict[str, tuple[Account, list[Account]]]
"""Who → their own account, and the owners whose entities they read."""


@dataclass
class Databases:
    """The people, and a connection as each of them in each copy; `superuser` is in the copy with policies."""

    people: People
    superuser: asyncpg.Connection
    connections: dict[str, dict[str, asyncpg.Connection]]

    @classmethod
    async def make(cls, shadow: Shadow, opened: AsyncExitStack) -> Self:
        """Fill the shadow's database, copy it as it is, and switch row level security off in one copy.

        Raises ValueError when the copies do not differ as they should.
        """
        url = shadow.database.admin_database_url
        superuser = await asyncpg.connect(url)
        try:
            people = await _fill(superuser)
        finally:
            # A database with sessions cannot be copied.
            await superuser.close()
        administrator = await _connect(opened, url, "template1")
        for _, statement in COPIES.values():
            await administrator.execute(statement)
        superusers = {copy: await _connect(opened, url, name) for copy, (name, _) in COPIES.items()}
        for (statement,) in await superusers[WITHOUT].fetch(GUARDED):
            await superusers[WITHOUT].execute(statement)
        connections = {
            copy: {who: await _connect_as(opened, url, name, account) for who, (account, _) in people.items()}
            for copy, (name, _) in COPIES.items()
        }
        await _check(connections)
        return cls(people, superusers[WITH], connections)


async def _fill(superuser: asyncpg.Connection) -> People:
    owners = [await add_user(superuser) for _ in range(OWNERS)]
    owner, caregiver, busy_caregiver = [await add_user(superuser) for _ in range(3)]
    for account in (*owners, owner, caregiver, busy_caregiver):
        await fill(superuser, account, OWNER_ENTITIES, BLOB_BYTES)
    await link(superuser, caregiver.user_id, owners[0].user_id)
    for account in owners:
        await link(superuser, busy_caregiver.user_id, account.user_id)
    await superuser.execute(OTHER_USERS, OTHERS)
    await superuser.execute(OTHER_LINKS, OTHERS)
    await settle(superuser)
    return {
        "owner": (owner, [owner]),
        "caregiver of 1": (caregiver, owners[:1]),
        f"caregiver of {OWNERS}": (busy_caregiver, owners),
    }


async def _connect(opened: AsyncExitStack, url: str, database: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(urlunsplit(urlsplit(url)._replace(path=f"/{database}")))
    opened.push_async_callback(connection.close)
    return connection


async def _connect_as(opened: AsyncExitStack, url: str, database: str, account: Account) -> asyncpg.Connection:
    """What Supabase's REST layer sets for each request, here once: so that a request is nothing but its SQL."""
    connection = await _connect(opened, url, database)
    await connection.execute("select set_config('request.jwt.claims', $1, false)", account.claims)
    await connection.execute("set role authenticated")
    return connection


async def _check(connections: dict[str, dict[str, asyncpg.Connection]]) -> None:
    """Compare what the owner sees, who sees nobody else."""
    accounts = OWNERS + 3
    expected = {WITHOUT: accounts * OWNER_ENTITIES, WITH: OWNER_ENTITIES, AGAIN: OWNER_ENTITIES}
    for copy, seen in expected.items():
        found = await connections[copy]["owner"].fetchval("select count(*) from public.srv_encrypted_entities")
        if found != seen:
            raise ValueError(f"{copy} policies, the owner sees {found} entities, not {seen}")
