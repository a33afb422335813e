"""Redis is killed and started again under load: nobody sees a 5xx, and the limits are back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.admission.redis_servers import Server, cluster
from tests.http.problems import DEVICE, problem_of
from tests.http.two_services import at, two_services

pytestmark = pytest.mark.xdist_group("limits")

SECONDS = 6.0
CLIENTS = 12


class Load:
    """Clients that pull without a pause; the statuses they see."""

    def __init__(self, addresses: tuple[str, ...], user: Account) -> None:
        self.statuses: Counter[int] = Counter()
        self.stopped = False
        self._addresses = addresses
        self._user = user

    async def __aenter__(self) -> Self:
        self._clients = [asyncio.create_task(self._pull(number)) for number in range(CLIENTS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stopped = True
        await asyncio.gather(*self._clients)

    async def _pull(self, number: int) -> None:
        async with at(self._addresses[number % len(self._addresses)], self._user) as there:
            while not self.stopped:
                answer = await there.pull(DEVICE)
                self.statuses[answer.status_code] += 1


async def metric(address: str, name: str) -> float:
    """A metric without labels of a service."""
    async with httpx.AsyncClient(base_url=address) as http:
        text = (await http.get("/metrics")).text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


async def until(address: str, name: str, value: float) -> None:
    for _ in range(600):
        if await metric(address, name) == value:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name} does not become {value}")


@pytest.fixture
async def loaded(stack: StackInfo, tmp_path: Path) -> AsyncIterator[tuple[Server, tuple[str, str]]]:
    """A Valkey that may be killed, and two services on it, in which a free user may pull as often as a perfect one."""
    rates = "sync_push=10,sync_pull=1000000,catalog=1,ocr=1"
    with Server(tmp_path) as server:
        async with two_services(stack, redis_url=server.url, rate_free=rates) as addresses:
            yield server, addresses


async def test_killed_and_restarted_under_load(loaded: tuple[Server, tuple[str, str]], user: Account) -> None:
    server, addresses = loaded
    async with Load(addresses, user) as load:
        for _ in range(2):
            await asyncio.sleep(SECONDS / 6)
            server.kill()
            for address in addresses:
                await until(address, "redis_up", 0)
            await asyncio.sleep(SECONDS / 6)
            server.start()
            for address in addresses:
                await until(address, "redis_up", 1)
        async with asyncio.timeout(60):
            # It was a load, however slow the machine.
            while load.statuses[200] <= 100:  # noqa: ASYNC110 - a count sets no event
                await asyncio.sleep(0.1)
    assert set(load.statuses) == {200}
    for address in addresses:
        assert await metric(address, "admissions_without_redis_total") > 0
    # The limits are back: exact over both.
    async with at(addresses[0], user) as first, at(addresses[1], user) as second:
        answers = await asyncio.gather(*((first, second)[n % 2].push(DEVICE, entity()) for n in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 10}


async def test_while_it_is_away_each_process_keeps_the_limits(
    loaded: tuple[Server, tuple[str, str]], user: Account
) -> None:
    server, addresses = loaded
    server.kill()
    for address in addresses:
        async with at(address, user) as there:
            answers = [await there.push(DEVICE, entity()) for _ in range(15)]
        assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 5}


async def test_a_node_of_a_cluster_dies_under_load(stack: StackInfo, tmp_path: Path, user: Account) -> None:
    rates = "sync_push=10,sync_pull=1000000,catalog=1,ocr=1"
    with cluster(tmp_path) as nodes:
        address = f"redis+cluster://127.0.0.1:{nodes[0].port}"
        async with two_services(stack, redis_url=address, rate_free=rates) as addresses, Load(addresses, user) as load:
            await asyncio.sleep(SECONDS / 6)
            nodes[0].kill()
            await asyncio.sleep(SECONDS / 2)
    assert set(load.statuses) == {200}


async def test_sessions_are_looked_at_without_redis_too(
    loaded: tuple[Server, tuple[str, str]], user: Account, admin: asyncpg.Connection
) -> None:
    server, addresses = loaded
    server.kill()
    async with at(addresses[0], user) as there:
        assert (await there.pull(DEVICE)).status_code == 200
    await admin.execute("delete from auth.sessions where id = $1", user.session_id)
    async with at(addresses[1], user) as there:
        problem_of(await there.pull(DEVICE), 401, "session-ended")
