"""Users for tests: a row in auth.users, a minted token, an HTTP client."""

import base64
import json
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint


def blob(size: int = 64) -> bytes:
    """Random bytes in the shape of an envelope."""
    return b"\x01\x01" + os.urandom(size - 2)


def entity(
    id_: UUID | str | None = None, base_version: int = 0, data: bytes | None = None, **more: Any
) -> dict[str, Any]:
    """A well-formed entity of a push, as JSON."""
    data = blob() if data is None else data
    return {
        "id": str(id_ or uuid4()),
        "entity_type": "note",
        "base_version": base_version,
        "blob": base64.b64encode(data).decode(),
        "checksum": checksum_of(data),
        **more,
    }


def tombstone(id_: UUID | str, base_version: int) -> dict[str, Any]:
    """A deletion, as JSON."""
    return {"id": str(id_), "entity_type": "note", "base_version": base_version, "deleted": True}


@dataclass
class Account:
    """A signed-in user."""

    user_id: UUID
    session_id: UUID
    token: str
    http: httpx.AsyncClient

    async def push(self, device: str, *entities: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.http.post("/sync/push", json={"device_id": device, "entities": entities, **more})

    async def pull(self, device: str, clock: str | None = None, **parameters: Any) -> httpx.Response:
        given = {"device_id": device, **({"clock": clock} if clock else {}), **parameters}
        return await self.http.get("/sync/pull", params=given)

    async def pull_all(
        self, device: str, clock: str | None = None, **parameters: Any
    ) -> tuple[list[dict[str, Any]], str]:
        """All pages from the clock on, and the last clock. At most 10,000 pages."""
        found: list[dict[str, Any]] = []
        for _ in range(10_000):
            answer = await self.pull(device, clock, **parameters)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["entities"]
            clock = page["clock"]
            if not page["has_more"]:
                return found, clock
        raise AssertionError("the pull does not end")


def claims_of(user_id: UUID) -> str:
    """What PostgREST and the service set for a signed-in user."""
    return json.dumps({"sub": str(user_id), "role": "authenticated"})


async def add_user(connection: asyncpg.Connection) -> UUID:
    """A row in auth.users, by a superuser."""
    user_id = uuid4()
    await connection.execute(
        "insert into auth.users (id, aud, role, email) values ($1, 'authenticated', 'authenticated', $2)",
        user_id,
        f"{user_id}@test.medtime.app",
    )
    return user_id


async def add_session(connection: asyncpg.Connection, user_id: UUID) -> UUID:
    """A row in auth.sessions, by a superuser."""
    session_id = uuid4()
    await connection.execute(
        "insert into auth.sessions (id, user_id, created_at, updated_at, aal) values ($1, $2, now(), now(), 'aal1')",
        session_id,
        user_id,
    )
    return session_id


async def new_account(stack: StackInfo, connection: asyncpg.Connection, **claims: Any) -> Account:
    """A new user of the stack, signed in."""
    user_id = await add_user(connection)
    session_id = await add_session(connection, user_id)
    token = mint(
        SigningKey.load(stack.signing_key),
        TokenClaims(user_id=str(user_id), session_id=str(session_id), extra=claims),
    )
    http = httpx.AsyncClient(base_url=stack.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return Account(user_id, session_id, token, http)


async def link(connection: asyncpg.Connection, caregiver: UUID, owner: UUID, status: str = "active") -> None:
    """Set the family link of two users, by a superuser."""
    await connection.execute(
        """
        insert into public.srv_family_links (supervisor_id, supervised_user_id, status) values ($1, $2, $3)
        on conflict (supervisor_id, supervised_user_id)
        do update set status = excluded.status, code_hash = null, expires_at = null
        """,
        caregiver,
        owner,
        status,
    )
