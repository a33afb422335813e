"""Limits by user, tier and group: exact over two service processes on one Redis, and on a cluster of three nodes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity, new_account
from tests.admission.redis_servers import cluster
from tests.http.problems import DEVICE, problem_of
from tests.http.two_services import at, two_services

pytestmark = pytest.mark.xdist_group("limits")

LIMITS = {"free": (10, 30), "pro": (50, 150), "perfect": (100, 300)}


def told(answer: httpx.Response) -> tuple[int, int, int]:
    """Limit, remaining and reset of an answer, which must be whole numbers."""
    limit, remaining, reset = (int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    assert 0 <= reset <= 60
    return limit, remaining, reset


def limited(answer: httpx.Response, group: str, limit: int) -> None:
    """It must be a 429 with all four headers, and a Retry-After that is a sane whole number of seconds (S25, S48)."""
    problem = problem_of(answer, 429, "rate-limited")
    assert (problem["group"], problem["limit"]) == (group, limit)
    assert told(answer)[:2] == (limit, 0)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "repeat the same request" in problem["detail"]


@pytest.fixture(scope="module", params=["one server", "cluster"])
def redis_url(
    request: pytest.FixtureRequest, stack: StackInfo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The stack's Valkey, and a cluster of three."""
    if request.param == "one server":
        yield stack.redis_url
        return
    with cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield f"redis+cluster://127.0.0.1:{nodes[0].port}"


@pytest.fixture(scope="module")
async def services(stack: StackInfo, redis_url: str) -> AsyncIterator[tuple[str, str]]:
    async with two_services(stack, redis_url=redis_url) as addresses:
        yield addresses


async def everywhere(services: tuple[str, str], user: Account, requests: int, group: str) -> list[httpx.Response]:
    """So many requests at once, by turns at both services."""
    async with AsyncExitStack() as clients:
        there = [await clients.enter_async_context(at(address, user)) for address in services]

        async def ask(number: int) -> httpx.Response:
            one = there[number % 2]
            return await (one.push(DEVICE, entity()) if group == "sync_push" else one.pull(DEVICE))

        return await asyncio.gather(*(ask(number) for number in range(requests)))


@pytest.mark.parametrize("tier", LIMITS)
@pytest.mark.parametrize("group", ["sync_push", "sync_pull"])
async def test_the_limit_of_a_tier_holds_over_both_services(
    stack: StackInfo, admin: asyncpg.Connection, services: tuple[str, str], tier: str, group: str
) -> None:
    limit = LIMITS[tier][("sync_push", "sync_pull").index(group)]
    user = await new_account(stack, admin, tier=tier)
    answers = await everywhere(services, user, limit + 25, group)
    await user.http.aclose()
    assert Counter(answer.status_code for answer in answers) == {200: limit, 429: 25}
    done = [told(answer) for answer in answers if answer.status_code == 200]
    assert {limit for limit, _, _ in done} == {limit}
    assert sorted(remaining for _, remaining, _ in done) == list(range(limit))
    for answer in answers:
        if answer.status_code == 429:
            limited(answer, group, limit)


async def test_the_eleventh_push_of_a_free_user_wherever_it_lands(services: tuple[str, str], user: Account) -> None:
    for last in services:
        async with at(last, user) as there:
            for _ in range(5):
                assert (await there.push(DEVICE, entity())).status_code == 200
    for last in services:
        async with at(last, user) as there:
            limited(await there.push(DEVICE, entity()), "sync_push", 10)
            # Another group has its own.
            assert told(await there.pull(DEVICE))[0] == 30


async def test_s25_refused_requests_do_not_count_and_store_nothing(
    services: tuple[str, str], user: Account, admin: asyncpg.Connection
) -> None:
    async with at(services[0], user) as there:
        answers = [await there.push(DEVICE, entity()) for _ in range(30)]
    waits = [int(answer.headers["retry-after"]) for answer in answers if answer.status_code == 429]
    assert len(waits) == 20
    # Twenty refusals later the same hit is the oldest: the wait has not grown.
    assert waits == sorted(waits, reverse=True)
    stored = "select count(*) from public.srv_encrypted_entities where user_id = $1"
    assert await admin.fetchval(stored, user.user_id) == 10


async def test_two_devices_and_two_sessions_share_a_users_limit(
    services: tuple[str, str], user: Account, stack: StackInfo, admin: asyncpg.Connection
) -> None:
    async with at(services[0], user) as there:
        for number in range(10):
            assert (await there.push(f"device-{number}", entity())).status_code == 200
        limited(await there.push("device-11", entity()), "sync_push", 10)
    other = await new_account(stack, admin)
    async with at(services[0], other) as there:
        assert (await there.push(DEVICE, entity())).status_code == 200
    await other.http.aclose()


async def test_a_tier_that_nobody_knows_is_the_smallest(
    services: tuple[str, str], stack: StackInfo, admin: asyncpg.Connection
) -> None:
    for tier in ("gold", "", 7, None, ["pro"]):
        user = await new_account(stack, admin, tier=tier)
        async with at(services[0], user) as there:
            assert told(await there.push(DEVICE, entity()))[0] == 10
        await user.http.aclose()


async def test_status_counts_as_a_pull(services: tuple[str, str], user: Account) -> None:
    async with at(services[1], user) as there:
        assert told(await there.http.get("/sync/status"))[:2] == (30, 29)
        assert told(await there.pull(DEVICE))[:2] == (30, 28)


async def test_a_refused_push_still_counts(services: tuple[str, str], user: Account) -> None:
    async with at(services[0], user) as there:
        assert told(await there.http.post("/sync/push", content=b"{"))[:2] == (10, 9)
