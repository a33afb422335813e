"""Accounts to measure in, filled as if phones had pushed for years."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, sign
from medtime_backend.vector_clock import Clock, write

DEVICES = ("phone", "tablet", "watch")
# A device writes this many, then the next one does: pages mix devices as they would in life.
TURN = 100
CHUNK = 30_000

# What the triggers would have written, without a million calls of them.
ENTITIES = """
insert into public.srv_encrypted_entities (
  id, user_id, entity_type, encrypted_blob, created_at, updated_at, client_id, client_seq, blob_size, checksum
)
select
  gen_random_uuid(), $1, case when n % 10 = 0 then 'rare' else 'note' end, b.data, t.at, t.at,
  ($2::text[])[1 + n / $3 % cardinality($2::text[])], n / ($3 * cardinality($2::text[])) * $3 + n % $3 + 1,
  octet_length(b.data), b.checksum
from generate_series($4::integer, $5::integer) as n
join unnest($6::bytea[], $7::text[]) with ordinality as b (data, checksum, place) on b.place = 1 + n % $3
cross join lateral (select $8::timestamptz + n * interval '1 microsecond' as at) as t
order by n
"""
STATUS = """
insert into public.srv_sync_status (user_id, device_id, sync_version)
select e.user_id, e.client_id, max(e.client_seq)
from public.srv_encrypted_entities as e
where e.user_id = $1
group by 1, 2
returning device_id, sync_version
"""
OWNER = """
insert into private.owners (user_id, changed_at)
select e.user_id, max(e.updated_at) from public.srv_encrypted_entities as e where e.user_id = $1 group by 1
"""
TOTALS = """
insert into private.owner_totals (user_id, entity_type, entities, bytes, digest)
select e.user_id, e.entity_type, count(*), sum(e.blob_size), bit_xor(private.entity_hash(e.id, e.version, e.checksum))
from public.srv_encrypted_entities as e
where e.user_id = $1
group by 1, 2
"""


def blob(size: int) -> bytes:
    """Random bytes in the shape of an envelope."""
    return b"\x01\x01" + os.urandom(size - 2)


@dataclass
class Account:
    """A signed-in user: `claims` is what the service hands to the database, `counters` what the devices wrote."""

    user_id: UUID
    token: str
    claims: str
    epoch: UUID
    counters: dict[str, int]

    def clock(self, counters: dict[str, int]) -> str:
        """The token of a clock, as the service would have given it during a first pull."""
        return write(Clock(self.epoch, self.user_id, None, 0, counters))

    def counters_at(self, share: float) -> dict[str, int]:
        """The counters of a device that has seen this share of every device's writes."""
        return {device: int(counter * share) for device, counter in self.counters.items()}

    def counters_before_last(self, missing: int) -> dict[str, int]:
        """The counters of a device that has seen all but the last `missing` writes."""
        counters = dict(self.counters)
        for number in range(missing):
            counters[DEVICES[number % len(DEVICES)]] -= 1
        return counters


async def add_user(superuser: asyncpg.Connection) -> Account:
    """A new user who is not signed in: claims and no token, which is enough for whoever asks the database itself."""
    user_id = uuid4()
    email = f"{user_id}@bench.medtime.app"
    await superuser.execute(
        "insert into auth.users (id, aud, role, email) values ($1, 'authenticated', 'authenticated', $2)",
        user_id,
        email,
    )
    # Minutes of pushing are more than the free tier stores.
    await superuser.execute("insert into private.user_tiers (user_id, tier) values ($1, 'perfect')", user_id)
    claims = TokenClaims(user_id=str(user_id), email=email).as_payload()
    epoch = await superuser.fetchval("select epoch from private.epoch")
    return Account(user_id, "", msgspec.json.encode(claims).decode(), epoch, {})


async def add_account(superuser: asyncpg.Connection, stack: StackInfo) -> Account:
    """A new user with a session, and a token as Supabase Auth signs it."""
    account = await add_user(superuser)
    claims = msgspec.json.decode(account.claims)
    await superuser.execute(
        "insert into auth.sessions (id, user_id, created_at, updated_at) values ($1, $2, now(), now())",
        UUID(claims["session_id"]),
        account.user_id,
    )
    account.token = sign(SigningKey.load(stack.signing_key), claims)
    return account


async def fill(superuser: asyncpg.Connection, account: Account, amount: int, size: int) -> None:
    """Give an empty account `amount` entities of `size` bytes, written by its devices in turn."""
    # Each blob of a page is another, as with real ciphertext: otherwise gzip would seem to work wonders.
    blobs = [blob(size) for _ in range(TURN)]
    checksums = [checksum_of(data) for data in blobs]
    started = datetime.now(UTC) - timedelta(hours=1)
    await superuser.execute("set session_replication_role = replica")
    for first in range(0, amount, CHUNK):
        last = min(first + CHUNK, amount) - 1
        await superuser.execute(
            ENTITIES, account.user_id, DEVICES, TURN, first, last, blobs, checksums, started, timeout=300
        )
    for device, counter in await superuser.fetch(STATUS, account.user_id):
        account.counters[device] = counter
    await superuser.execute(OWNER, account.user_id)
    await superuser.execute(TOTALS, account.user_id)
    await superuser.execute("reset session_replication_role")


async def settle(superuser: asyncpg.Connection) -> None:
    """What autovacuum would have done within minutes, at a moment that is the same for all that is measured."""
    await superuser.execute("vacuum (analyze) public.srv_encrypted_entities, public.srv_sync_status")
    await superuser.execute("vacuum (analyze) public.srv_family_links, private.owners, private.owner_totals")
    await superuser.execute("checkpoint")


def pull_arguments(account: Account, counters: dict[str, int] | None, limit: int, page_bytes: int) -> list[Any]:
    """The arguments of statements/pull.sql for a page after these counters, as services/sync.py makes them."""
    return [
        account.claims,
        DEVICES[0],
        account.user_id,
        None if counters is None else account.epoch,
        None if counters is None else msgspec.json.encode(counters).decode(),
        None if counters is None else 0,
        limit,
        page_bytes,
        None,
        None,
    ]
