"""The end of a service loses nothing: it drains, then closes, then waits for what it has taken in."""

import asyncio
import os
import signal
import time
from contextlib import suppress

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.problems import problem_of
from tests.http.test_failures import locked
from tests.http.two_services import at
from tests.serve.served import Served, served

pytestmark = pytest.mark.xdist_group("serve")


async def until_draining(http: httpx.AsyncClient) -> httpx.Response:
    """The first answer of a service that is no longer ready."""
    for _ in range(200):
        answer = await http.get("/health/ready")
        if answer.status_code == 503:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError("the service stays ready")


async def test_it_goes_on_while_gateways_go_elsewhere(stack: StackInfo, user: Account) -> None:
    async with served(stack, drain_seconds="2") as service, at(service.address, user) as there:
        before = await there.http.get("/health/ready")
        assert before.json() == {"status": "ok", "database": "ok", "redis": "ok", "keys": "not fetched yet"}
        assert "connection" not in before.headers
        service.tell(signal.SIGTERM)
        problem = problem_of(await until_draining(there.http), 503, "busy")
        assert (problem["database"], problem["redis"]) == ("ok", "ok")
        # Work is still done, and each connection let go.
        answer = await there.push("phone", entity())
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
        assert (await there.http.get("/health/live")).status_code == 200
        assert await service.ended() == 0


async def test_what_was_taken_in_is_answered(stack: StackInfo, user: Account) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    async with served(stack) as service, at(service.address, user) as there:
        async with locked(stack, user.user_id):
            waiting = asyncio.create_task(there.push("phone", entity()))
            await asyncio.sleep(0.5)
            service.tell(signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert service.process.poll() is None
            with pytest.raises(httpx.ConnectError):
                await there.http.get("/health/live")
        assert (await waiting).status_code == 200
        assert await service.ended() == 0


async def test_no_request_is_lost_under_load(stack: StackInfo, user: Account) -> None:
    """Phones that hold no connection for longer than their next answer says."""
    async with served(stack, "--workers", "2", drain_seconds="1.5") as service:
        told = asyncio.Event()
        answers: list[int] = []

        async def phone() -> None:
            async with at(service.address, user) as there:
                while not told.is_set():
                    answer = await there.http.get("/sync/status")
                    answers.append(answer.status_code)
                    # As a gateway whose health check has seen it.
                    if answer.headers.get("connection") == "close":
                        return

        phones = [asyncio.create_task(phone()) for _ in range(8)]
        await asyncio.sleep(1)
        service.tell(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*phones), 10)
        assert await service.ended() == 0
    assert len(answers) > 8
    assert set(answers) == {200}


async def test_a_second_signal_and_ctrl_c_do_not_wait(stack: StackInfo) -> None:
    for signals in ([signal.SIGTERM, signal.SIGTERM], [signal.SIGINT]):
        async with served(stack, drain_seconds="60") as service:
            for number in signals:
                service.tell(number)
                await asyncio.sleep(0.1)
            assert await service.ended(20) == 0


async def test_a_worker_that_dies_is_replaced(stack: StackInfo) -> None:
    async with served(stack) as service:
        (first,) = service.workers()
        os.kill(first, signal.SIGKILL)
        assert await replaced(service, first)
        async with httpx.AsyncClient(base_url=service.address) as http:
            assert (await http.get("/health/ready")).status_code == 200


async def replaced(service: Served, worker: int) -> bool:
    """Whether another worker answers within 20 s."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if service.workers() and worker not in service.workers():
            async with httpx.AsyncClient(base_url=service.address) as http:
                with suppress(httpx.TransportError):
                    return (await http.get("/health/live")).status_code == 200
        await asyncio.sleep(0.1)
    return False
