"""What /metrics tells of what the database knows: by every worker the same, asked for once in a while."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from time import time
from typing import Any, cast

import asyncpg
import pytest

from medtime_backend.database import Database
from medtime_backend.local.options import StackInfo
from medtime_backend.metrics import Metrics
from medtime_backend.services import standing
from medtime_backend.services.standing import KEPT_SECONDS, OUTCOMES, STATES, Standing
from medtime_backend.settings import Settings
from tests.http.own_service import Wire, service
from tests.http.test_metrics import counted

STATE = (*STATES.values(), *OUTCOMES, "oldest_seconds")
NAME = ("cleanup_last_success_timestamp_seconds",)


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow moment of the machine is none of the database."""
    monkeypatch.setattr(standing, "LONGEST_LOOK", 60)


@pytest.fixture
async def database(stack: StackInfo) -> AsyncIterator[Database]:
    opened = await open_at(stack, stack.service_database_url)
    yield opened
    await opened.close()


async def open_at(stack: StackInfo, url: str) -> Database:
    return await Database.open(
        Settings.from_environment(
            {
                "MEDTIME_DATABASE_URL": url,
                "MEDTIME_JWKS_URL": f"{stack.auth_url}/.well-known/jwks.json",
                "MEDTIME_REDIS_URL": stack.redis_url,
            }
        )
    )


def told(metrics: Metrics) -> float:
    return next(
        float(line.split()[1]) for line in metrics.exposition().decode().splitlines() if line.startswith(NAME[0])
    )


async def known(address: str) -> float:
    """What a service tells, once it knows: one that has asked in vain asks again a minute later."""
    async with asyncio.timeout(90):
        while math.isnan(found := (await counted(address)).get(NAME, math.nan)):
            pass
    return found


async def test_a_service_tells_when_the_last_run_ended(stack: StackInfo, admin: asyncpg.Connection) -> None:
    await admin.execute("select private.cleanup()")
    async with service(stack) as one, service(stack) as other:
        found = [await known(address) for address in (one, other)]
    assert found[0] == found[1]
    assert abs(time() - found[0]) < 600


async def test_a_run_that_was_not_finished_does_not_count(admin: asyncpg.Connection, database: Database) -> None:
    await admin.execute("select private.cleanup()")
    metrics = Metrics()
    assert math.isnan(told(metrics))
    await Standing(metrics).refresh(database)
    success = told(metrics)
    await admin.execute(
        "insert into private.cleanup_runs (ran_by, cutoff, ended_at, outcome)"
        " select 'cron', now(), now() + interval '1 day', o from unnest(array['interrupted', 'unfinished']) as o"
    )
    await Standing(metrics).refresh(database)
    assert told(metrics) == success
    await admin.execute("delete from private.cleanup_runs")
    await Standing(metrics).refresh(database)
    assert told(metrics) == 0


async def test_the_database_is_asked_once_a_minute(admin: asyncpg.Connection, database: Database) -> None:
    metrics, clock = Metrics(), Clock()
    last = Standing(metrics, clock)
    await asyncio.gather(*(last.refresh(database) for _ in range(20)))
    before = told(metrics)
    await admin.execute("select private.cleanup()")
    clock.now += KEPT_SECONDS - 1
    await last.refresh(database)
    assert told(metrics) == before
    clock.now += 1
    await last.refresh(database)
    assert told(metrics) > before


async def test_each_fact_is_asked_for_as_often_as_it_changes() -> None:
    asked: list[str] = []

    class Asked:
        async def fetch(self, name: str) -> list[Any]:
            asked.append(name)
            await asyncio.sleep(0)
            return [{"seconds": 1.0, "source": "ema", "state": json.dumps(dict.fromkeys(STATE, 0))}]

    database, clock = cast("Database", Asked()), Clock()
    asked_by_all = Standing(Metrics(), clock)
    for seconds in (0, 14, 1, 15, 15, 14, 1):
        clock.now += seconds
        await asyncio.gather(*(asked_by_all.refresh(database) for _ in range(20)))
    names = {name: asked.count(name) for name in asked}
    assert names == {"cleanup_last_success": 2, "catalog_released": 2, "wakeup_state": 5}


async def test_a_database_that_is_away_fails_no_scrape_and_changes_no_value(
    stack: StackInfo, admin: asyncpg.Connection
) -> None:
    await admin.execute("select private.cleanup()")
    wire = await Wire(stack.service_database_url).mend()
    database = await open_at(stack, wire.url)
    metrics, clock = Metrics(), Clock()
    last = Standing(metrics, clock)
    await last.refresh(database)
    known = told(metrics)
    assert known > 0
    await wire.cut()
    clock.now += KEPT_SECONDS
    await last.refresh(database)
    assert told(metrics) == known
    await database.close()
