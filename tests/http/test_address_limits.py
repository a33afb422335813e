"""Limits by client address, before anybody is known: over two services, and only by addresses that can be believed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.problems import DEVICE, problem_of
from tests.http.two_services import at, two_services

pytestmark = pytest.mark.xdist_group("limits")

LIMIT = 20
NUMBERS = count(1)


@pytest.fixture(scope="module")
async def gateway(stack: StackInfo) -> AsyncIterator[tuple[str, str]]:
    """Two services that believe what 127.0.0.1 says of its clients' addresses."""
    async with two_services(stack, rate_address=str(LIMIT), trusted_proxies="127.0.0.0/8") as addresses:
        yield addresses


@pytest.fixture
def address() -> str:
    """An address that no other test has used."""
    return f"203.0.113.{next(NUMBERS)}"


def forwarded(*addresses: str) -> dict[str, str]:
    return {"X-Forwarded-For": ", ".join(addresses)}


def full(answer: httpx.Response, group: str = "address", limit: int = LIMIT) -> None:
    problem = problem_of(answer, 429, "rate-limited")
    assert (problem["group"], problem["limit"]) == (group, limit)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-ratelimit-remaining"] == "0"


async def flood(gateway: tuple[str, str], requests: int, headers: dict[str, str]) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=30, headers=headers) as http:
        return await asyncio.gather(
            *(http.get(f"{gateway[number % 2]}/sync/status") for number in range(requests)),
        )


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Basic x"])
async def test_bad_tokens_are_counted_for_their_address(gateway: tuple[str, str], address: str, token: str) -> None:
    answers = await flood(gateway, LIMIT + 15, {**forwarded(address), **({"Authorization": token} if token else {})})
    assert Counter(answer.status_code for answer in answers) == {401: LIMIT, 429: 15}
    for answer in answers:
        if answer.status_code == 429:
            full(answer)


async def test_users_behind_one_address_share_it(gateway: tuple[str, str], address: str, user: Account) -> None:
    async with at(gateway[0], user) as there:
        there.http.headers.update(forwarded(address))
        for _ in range(LIMIT):
            assert (await there.pull(DEVICE)).status_code == 200
        full(await there.pull(DEVICE))
        # Another address is not concerned, and the user has lost nothing by the refusals.
        there.http.headers.update(forwarded(f"198.51.100.{next(NUMBERS)}"))
        left = await there.pull(DEVICE)
        assert left.status_code == 200


async def test_a_claimed_address_changes_nothing(gateway: tuple[str, str], address: str) -> None:
    async with httpx.AsyncClient(base_url=gateway[0]) as http:
        for number in range(LIMIT):
            answer = await http.get("/sync/status", headers=forwarded(f"192.0.2.{number}", address))
            assert answer.status_code == 401
        full(await http.get("/sync/status", headers=forwarded("192.0.2.200", address)))


async def test_an_ipv6_network_is_one_client(gateway: tuple[str, str]) -> None:
    network = f"2001:db8:0:{next(NUMBERS):x}"
    async with httpx.AsyncClient(base_url=gateway[0]) as http:
        for number in range(LIMIT):
            answer = await http.get("/sync/status", headers=forwarded(f"{network}::{number:x}"))
            assert answer.status_code == 401
        full(await http.get("/sync/status", headers=forwarded(f"{network}:ffff::1")))


async def test_without_trusted_gateways_the_header_is_not_read(stack: StackInfo, address: str) -> None:
    async with (
        two_services(stack, redis_url="", rate_address=str(LIMIT)) as addresses,
        httpx.AsyncClient(base_url=addresses[0]) as http,
    ):
        # The probe of the start came from the same address, but health is not counted.
        for _ in range(LIMIT):
            await http.get("/sync/status", headers=forwarded(f"192.0.2.{next(NUMBERS)}"))
        full(await http.get("/sync/status", headers=forwarded(address)))


async def test_health_is_never_refused(gateway: tuple[str, str], address: str) -> None:
    await flood(gateway, LIMIT + 1, forwarded(address))
    async with httpx.AsyncClient(base_url=gateway[0], headers=forwarded(address)) as http:
        for _ in range(LIMIT):
            assert (await http.get("/health/live")).status_code == 200
            assert (await http.get("/health/ready")).status_code == 200
        full(await http.get("/schema/openapi.json"))


async def test_a_flood_is_refused_before_its_tokens_are_read(
    gateway: tuple[str, str], address: str, user: Account
) -> None:
    await flood(gateway, LIMIT + 1, forwarded(address))
    async with at(gateway[1], user) as there:
        there.http.headers.update(forwarded(address))
        full(await there.pull(DEVICE))
