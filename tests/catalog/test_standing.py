"""How old each source's release is, against its publisher's cadence."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from medtime_backend.catalog.seeding import File, seed
from medtime_backend.catalog.sources import SOURCES
from medtime_backend.catalog.standing import standings
from tests.catalog.sheets import COFEPRIS_HEADER, EMA_HEADER, FILES, cofepris_row, ema_row, write

DAY = date(2026, 3, 14)


async def test_a_source_that_was_never_seeded_is_overdue(catalog: asyncpg.Connection) -> None:
    found = await standings(catalog)
    assert [one.source for one in found] == ["rxnorm", "cofepris", "ema"]
    assert {(one.released_on, one.age_days, one.products, one.overdue) for one in found} == {(None, None, 0, True)}


@pytest.mark.parametrize(("source", "cadence"), [("rxnorm", 7), ("cofepris", 31), ("ema", 31)])
async def test_a_release_older_than_its_cadence_is_overdue(
    catalog: asyncpg.Connection, tmp_path: Path, source: str, cadence: int
) -> None:
    files = {
        "ema": write(tmp_path / "ema.csv", EMA_HEADER, ema_row()),
        "cofepris": write(tmp_path / "cofepris.csv", COFEPRIS_HEADER, cofepris_row()),
        "rxnorm": FILES / "rxnorm",
    }
    file = File(files[source], source, DAY)
    await seed(catalog, SOURCES[source], file)
    for days, overdue in ((0, False), (cadence, False), (cadence + 1, True)):
        found = {one.source: one for one in await standings(catalog, DAY + timedelta(days=days))}
        assert (found[source].age_days, found[source].overdue) == (days, overdue)
    # The same bytes once more are no younger data.
    again = msgspec.structs.replace(file, released_on=datetime.now(UTC).date())
    assert (await seed(catalog, SOURCES[source], again)).released_on == DAY
