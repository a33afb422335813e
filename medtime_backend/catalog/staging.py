"""Fills the temporary tables of a seed by COPY, in batches, so that no file is ever whole in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice

import asyncpg
import msgspec

from medtime_backend.catalog.records import Record
from medtime_backend.shipped_files import statements_in

BATCH = 4_000
SECONDS = 600.0
Row = tuple[object, ...]
COLUMNS = {
    "stage_products": (
        "id", "kind", "name", "language", "country", "brand", "form", "route", "holder", "status", "status_on",
        "details",
    ),
    "stage_ingredients": (
        "product_id", "place", "name", "lookup", "strength", "amount", "unit", "per_amount", "per_unit",
    ),
    "stage_names": ("product_id", "name", "language", "kind"),
    "stage_codes": ("product_id", "system", "code", "folded"),
    "stage_mixtures": ("name", "language", "kind", "substances"),
    "stage_substances": ("level", "grp", "rank", "place", "name", "language", "kind"),
}  # fmt: skip
"""The columns of each staging table that rows are for; the others take all."""


statement = statements_in("catalog", "statements")
"""The text of catalog/statements/<name>.sql."""


@asynccontextmanager
async def copying(connection: asyncpg.Connection) -> AsyncIterator[Copier]:
    """A copier whose last rows are written in the end."""
    copier = Copier(connection)
    yield copier
    await copier.flush()


class Copier:
    """Gathers rows by table and copies them when there are enough."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, list[Row]] = defaultdict(list)

    async def add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Copy rows, each with the name of its table."""
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            for table, row in batch:
                self._rows[table].append(row)
            for table, gathered in self._rows.items():
                if len(gathered) >= BATCH:
                    await self._copy(table, gathered)

    async def flush(self) -> None:
        """Copy what is left."""
        for table, gathered in self._rows.items():
            if gathered:
                await self._copy(table, gathered)

    async def _copy(self, table: str, rows: list[Row]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=COLUMNS.get(table), timeout=SECONDS)
        rows.clear()


def rows_of(records: Iterable[Record]) -> Iterator[tuple[str, Row]]:
    """The rows of records, each with the name of its table."""
    for one in records:
        yield (
            "stage_products",
            (
                *(one.id, "product", one.name, one.language, one.country, one.brand, one.form, one.route, one.holder),
                *(one.status, one.status_on, msgspec.json.encode(one.details, order="sorted").decode()),
            ),
        )
        for place, part in enumerate(one.ingredients, start=1):
            s = part.strength
            amounts = (s.text, s.amount, s.unit, s.per_amount, s.per_unit) if s else (None,) * 5
            yield "stage_ingredients", (one.id, place, part.name, part.lookup, *amounts)
        for name in one.names:
            yield "stage_names", (one.id, name.name, name.language, name.kind)
        for code in one.codes:
            yield "stage_codes", (one.id, code.system, code.code, code.folded)
        for base, salt in one.salts:
            yield "stage_substances", (3, base.lower(), 0, 0, base, one.language, "source")
            yield "stage_substances", (3, base.lower(), 1, 1, salt, one.language, "salt")
