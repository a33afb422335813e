"""How old each source's last release is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import asyncpg
import msgspec

from medtime_backend.catalog.sources import SOURCES
from medtime_backend.catalog.staging import statement


class Standing(msgspec.Struct, frozen=True):
    """A source's last release; all None where there is none yet. `overdue`: older than the publisher's cadence."""

    source: str
    released_on: date | None
    seeded_at: datetime | None
    origin: str | None
    rejected: int | None
    products: int
    active: int
    age_days: int | None
    cadence_days: int
    overdue: bool


async def standings(connection: asyncpg.Connection, today: date | None = None) -> list[Standing]:
    """Every source, in their order."""
    day = today or datetime.now(UTC).date()
    found = []
    for row in await connection.fetch(statement("standing"), list(SOURCES)):
        age = (day - row["released_on"]).days if row["released_on"] else None
        cadence = SOURCES[row["source"]].days
        found.append(Standing(**dict(row), age_days=age, cadence_days=cadence, overdue=age is None or age > cadence))
    return found
