"""Postgres crashes: nothing but 503 until it is back, and nothing acknowledged is lost."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.accounts import entity, new_account
from tests.http.problems import busy
from tests.rates import UNLIMITED

pytestmark = pytest.mark.xdist_group("failures")


@pytest.fixture(scope="module")
def fragile() -> Iterator[StackInfo]:
    """A stack whose Postgres may be killed."""
    with (
        tempfile.TemporaryDirectory(prefix="medtime-test-") as folder,
        Stack(StackOptions(data_dir=Path(folder) / "stack", seed=False, service_environment=UNLIMITED)) as info,
    ):
        yield info


async def test_postgres_crashes_under_load(fragile: StackInfo) -> None:
    """A killed backend takes all sessions with it; what was acknowledged is there afterwards."""
    admin = await asyncpg.connect(fragile.admin_database_url)
    user = await new_account(fragile, admin)
    backend = await admin.fetchval("select pg_backend_pid()")
    acknowledged: list[str] = []
    seen: set[int] = set()
    stop = asyncio.Event()

    async def push_on(device: str) -> None:
        while not stop.is_set():
            given = entity()
            answer = await user.push(device, given)
            seen.add(answer.status_code)
            if answer.status_code == 200:
                acknowledged.append(given["id"])
            else:
                busy(answer)
                await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as phones:
        for number in range(3):
            phones.create_task(push_on(f"phone-{number}"))
        await until(lambda: len(acknowledged) > 20)
        os.kill(backend, signal.SIGKILL)
        await until(lambda: 503 in seen)
        known = len(acknowledged)
        await until(lambda: len(acknowledged) > known + 20)
        stop.set()
    assert seen == {200, 503}
    assert set(acknowledged) <= {one["id"] for one in (await user.pull_all("tablet"))[0]}
    admin.terminate()
    await user.http.aclose()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for it; at most 90 s."""
    async with asyncio.timeout(90):
        while not reached():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)
