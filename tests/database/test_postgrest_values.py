"""What supabase-py makes of bytes and decimals: refused by the client or by the database, never stored wrong (P36)."""

import base64
import json
from decimal import Decimal
from uuid import uuid4

import asyncpg
import httpx
import pytest
from postgrest import AsyncPostgrestClient

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob
from tests.database.phone import facts, phone

TABLE = "srv_encrypted_entities"
# As PostgREST writes a row: the JSON value's text becomes the column's type.
INSERT = """
insert into public.srv_encrypted_entities (id, entity_type, encrypted_blob, checksum, client_id)
select r.id, r.entity_type, r.encrypted_blob, r.checksum, r.client_id
from json_populate_record(null::public.srv_encrypted_entities, $1::json) as r
returning encrypted_blob
"""


async def sent_by_the_client(value: object) -> dict[str, object]:
    """The JSON that supabase-py sends for an entity with this blob."""
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(201, json=[])

    row = {
        "id": str(uuid4()),
        "entity_type": "note",
        "encrypted_blob": value,
        "checksum": checksum_of(DATA),
        "client_id": "p",
    }
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://rest.test") as http:
        await AsyncPostgrestClient("http://rest.test", http_client=http).from_(TABLE).insert(row).execute()
    return json.loads(seen[0])


DATA = blob()


async def test_hex_with_its_prefix_is_stored_as_it_was(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    row = await sent_by_the_client("\\x" + DATA.hex())
    async with phone(cluster, await add_user(superuser)) as mine:
        assert await mine.fetchval(INSERT, json.dumps(row)) == DATA


async def test_text_of_bytes_is_refused_by_name(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    for text in (base64.b64encode(DATA).decode(), DATA.hex(), str(DATA).replace("\\", "/")):
        row = await sent_by_the_client(text)
        async with phone(cluster, await add_user(superuser)) as mine:
            with pytest.raises(asyncpg.PostgresError) as refused:
                await mine.fetchval(INSERT, json.dumps(row))
        assert facts(refused.value)["entities"][0]["reason"] == "not-an-envelope"


async def test_raw_bytes_are_stored_as_they_were(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    row = await sent_by_the_client(DATA)
    async with phone(cluster, await add_user(superuser)) as mine:
        assert await mine.fetchval(INSERT, json.dumps(row)) == DATA


async def test_a_decimal_does_not_leave_the_client() -> None:
    with pytest.raises(TypeError):
        await sent_by_the_client(Decimal("1.5"))
