"""The drug catalog: what the database answers, kept. The bodies are those of the SQL functions, without blanks."""

import re
from datetime import UTC, datetime

import msgspec

from medtime_backend import errors
from medtime_backend.answers import Answer, AnswerCache, Version
from medtime_backend.answers.answer import NOTHING
from medtime_backend.database import Database
from medtime_backend.read_replica import ReadReplica

PRODUCT_ID = re.compile(r"(rxnorm|cofepris|ema):[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


ON_REPLICA = ("catalog_search", "catalog_product")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for: the arguments of public.catalog_search."""

    query: str
    source: str | None = None
    country: str | None = None
    form: str | None = None
    ingredient: str | None = None
    status: str = "active"
    lang: str = "en"
    limit: int = 20
    cursor: str | None = None


class Catalog:
    """Asks the database for each answer once, and the cache after that."""

    def __init__(self, reads: ReadReplica, cache: AnswerCache) -> None:
        self._reads = reads
        self._cache = cache

    async def search(self, asked: Search) -> Answer:
        """A page of hits. Raises InvalidParameter, and what Database.fetch raises."""
        arguments = msgspec.structs.astuple(asked)

        async def make() -> tuple[bytes, bool]:
            answer = await self._answer("catalog_search", *arguments)
            return msgspec.json.encode(answer), bool(answer and answer["hits"])

        return await self._cache.get("search", arguments, make)

    async def product(self, product_id: str) -> Answer:
        """All that is known of a product. Raises UnknownProduct, and what Database.fetch raises."""
        if PRODUCT_ID.fullmatch(product_id) is None:
            raise errors.UnknownProduct

        async def make() -> tuple[bytes, bool]:
            answer = await self._answer("catalog_product", product_id)
            return msgspec.json.encode(answer), answer is not None

        found = await self._cache.get("product", [product_id], make)
        if found.body == NOTHING:
            raise errors.UnknownProduct
        return found

    async def sources(self) -> Answer:
        """The sources and the age of their releases, which is another one tomorrow."""

        async def make() -> tuple[bytes, bool]:
            return msgspec.json.encode(await self._answer("catalog_sources")), True

        return await self._cache.get("sources", [datetime.now(UTC).date().isoformat()], make)

    async def _answer(self, name: str, *arguments: object) -> dict[str, object] | None:
        rows = await self._reads.fetch(f"{name}_from_replica", *arguments) if name in ON_REPLICA else None
        # An answer of an older catalog, or of before a release that changed nothing, would be kept for a day.
        if rows is None or Version(rows[0]["version"], rows[0]["seeded"]) != self._cache.version:
            rows = await self._reads.primary.fetch(name, *arguments)
        text = rows[0]["answer"]
        return None if text is None else msgspec.json.decode(text, type=dict[str, object])


async def version(database: Database) -> Version:
    """The catalog's version: its number grows with each seed, its mark is when the last one was."""
    (row,) = await database.fetch("catalog_version")
    return Version(row["version"], row["seeded"])
