"""What all runs share: an event loop, open connections, and a look into the database behind the service's back."""

import asyncio
from collections.abc import Coroutine, Sequence
from itertools import cycle
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import httpx
import msgspec

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey
from tests.simulation.model import Row, expect

STORED = """
select id, entity_type, version, checksum, encode(sha256(encrypted_blob), 'hex') as content, blob_size, deleted_at,
  client_id, client_seq, updated_at
from public.srv_encrypted_entities where user_id = $1
"""
NUMBERS = """
select
  (select coalesce(jsonb_object_agg(device_id, sync_version), '{}') from public.srv_sync_status
    where user_id = $1 and sync_version > 0) as counters,
  coalesce((select horizon from private.owners where user_id = $1), '{}') as horizon,
  coalesce((select purges from private.owners where user_id = $1), 0) as purges
"""
STEP_BACK = """
update private.owners set changed_at = greatest(changed_at, clock_timestamp()) + interval '1 hour' where user_id = $1
returning changed_at
"""

Result = TypeVar("Result")


class Bench:
    """The loop is private and not in a task of pytest's, since the rules of the machine are synchronous."""

    def __init__(
        self,
        stack: StackInfo,
        tamper: type[httpx.AsyncHTTPTransport] = httpx.AsyncHTTPTransport,
        instances: Sequence[str] = (),
    ) -> None:
        self.stack = stack
        # Each phone's own instance, in turn.
        self.addresses = cycle(instances or [stack.base_url])
        self.key = SigningKey.load(stack.signing_key)
        self.loop = asyncio.new_event_loop()
        self.admin: asyncpg.Connection = self.run(asyncpg.connect(stack.admin_database_url))
        self.transport = tamper()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        self.run(self.transport.aclose())
        self.run(self.admin.close())
        self.loop.close()

    async def stored(self, owner: UUID) -> list[Row]:
        """Read the entities of an owner as they are in the table."""
        rows = []
        for record in await self.admin.fetch(STORED, owner):
            expect(record["content"] == record["checksum"], "altered bytes", record["id"])
            rows.append(
                Row(
                    id=str(record["id"]),
                    entity_type=record["entity_type"],
                    version=record["version"],
                    checksum=record["checksum"],
                    size=record["blob_size"],
                    deleted=record["deleted_at"] is not None,
                    device=record["client_id"],
                    seq=record["client_seq"],
                    updated_at=record["updated_at"],
                )
            )
        return rows

    async def numbers(self, owner: UUID) -> tuple[dict[str, int], dict[str, int], int]:
        """Read the counters of an owner's devices, the horizon, and how often was purged."""
        record = await self.admin.fetchrow(NUMBERS, owner)
        counters, horizon = (msgspec.json.decode(record[name]) for name in ("counters", "horizon"))
        return counters, horizon, record["purges"]
