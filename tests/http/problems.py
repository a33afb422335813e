"""Checks of a refused request: the right problem, nothing stored, nothing of it in a log."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from medtime_backend.errors import PROBLEM_BASE
from medtime_backend.local.options import StackInfo
from tests.accounts import Account

CANARY = "canary7f3a9"
"""In bodies, queries and headers of bad requests: must turn up in no log and no answer."""
DEVICE = f"{CANARY}-phone"
JSON = "application/json"
MSGPACK = "application/msgpack"
PROBLEM = "application/problem+json"
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "retryable": bool, "request_id": str}


def problem_of(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The body of a refused request, which must be this problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert {name: type(body.get(name)) for name in MEMBERS} == MEMBERS
    assert body["type"] == PROBLEM_BASE + slug, body
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["retryable"] == (status == 429 or status >= 500)
    return body


def logs_of(stack: StackInfo) -> dict[str, str]:
    """All that the processes of the stack have written, by file."""
    return {path.name: path.read_text(errors="replace") for path in logs_paths(stack)}


def logs_paths(stack: StackInfo) -> list[Path]:
    """The logs of the stack."""
    return sorted((stack.data_dir / "logs").glob("*.log"))


async def stored(admin: asyncpg.Connection, user_id: UUID) -> list[tuple[Any, ...]]:
    """Every row that the database holds of a user."""
    rows = await admin.fetch(
        """
        select 'entity', e::text from public.srv_encrypted_entities as e where e.user_id = $1
        union all select 'device', s::text from public.srv_sync_status as s where s.user_id = $1
        union all select 'totals', t::text from private.owner_totals as t where t.user_id = $1
        union all select 'owner', o::text from private.owners as o where o.user_id = $1
        order by 1, 2
        """,
        user_id,
    )
    return [tuple(row) for row in rows]


class Refusals:
    """`await refused(request, status, slug)` checks everything about a refused request and returns its problem."""

    def __init__(self, stack: StackInfo, admin: asyncpg.Connection, account: Account) -> None:
        self._stack = stack
        self._admin = admin
        self.account = account

    async def __call__(self, request: Awaitable[httpx.Response], status: int, slug: str) -> dict[str, Any]:
        before = await stored(self._admin, self.account.user_id)
        answer = await request
        problem = problem_of(answer, status, slug)
        assert await stored(self._admin, self.account.user_id) == before
        told = {**logs_of(self._stack), "answer": answer.text, "headers": str(answer.headers.raw)}
        for place, text in told.items():
            assert CANARY not in text, place
            assert self.account.token not in text, place
        return problem


def send(
    account: Account, body: bytes, content_type: str = JSON, headers: dict[str, str] | None = None
) -> Awaitable[httpx.Response]:
    """A push of these very bytes."""
    return account.http.post(
        "/sync/push", content=body, headers={"Content-Type": content_type, "X-Canary": CANARY, **(headers or {})}
    )


def busy(answer: httpx.Response) -> None:
    """It must be a 503 that says when to come back."""
    problem_of(answer, 503, "busy")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
