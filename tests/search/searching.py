"""A search by RPC, as a phone without the service sends it."""

import json
from typing import Any

import asyncpg

SEARCH = """
select public.catalog_search(
  $1, source => $2, country => $3, form => $4, ingredient => $5, status => $6, lang => $7, max_results => $8,
  after => $9
)::text
"""


async def search(visitor: asyncpg.Connection, query: str, **given: Any) -> dict[str, Any]:
    """The answer."""
    names = ("source", "country", "form", "ingredient")
    text = await visitor.fetchval(
        SEARCH,
        query,
        *(given.get(name) for name in names),
        given.get("status", "active"),
        given.get("lang", "en"),
        given.get("max_results", 20),
        given.get("after"),
    )
    answer: dict[str, Any] = json.loads(text)
    return answer


async def hits(visitor: asyncpg.Connection, query: str, **given: Any) -> list[dict[str, Any]]:
    """The hits."""
    found: list[dict[str, Any]] = (await search(visitor, query, **given))["hits"]
    return found
