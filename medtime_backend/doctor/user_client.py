"""A client of the project's REST API for one user, built from their access token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from postgrest import AsyncPostgrestClient

SECONDS = 5.0


@asynccontextmanager
async def user_client(
    supabase_url: str, api_key: str, token: str = "", transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[AsyncPostgrestClient]:
    """A client that asks as the bearer of `token`, or as anybody without one, and never as somebody else.

    It shares nothing: neither headers nor connections nor a stored session, so that no other request's token can get
    into it, nor this one's into others. Raises ModuleNotFoundError where `postgrest` is not installed.
    """
    # Not needed by the service, which talks to Postgres itself.
    from postgrest import AsyncPostgrestClient  # noqa: PLC0415

    url = f"{supabase_url.rstrip('/')}/rest/v1"
    headers = {"apikey": api_key, **({"authorization": f"Bearer {token}"} if token else {})}
    http = httpx.AsyncClient(
        base_url=url, headers=headers, timeout=SECONDS, follow_redirects=False, transport=transport
    )
    async with AsyncPostgrestClient(url, headers=headers, http_client=http, retry_enabled=False) as client:
        yield client
