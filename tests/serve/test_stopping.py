"""The end of a service loses nothing: it drains, then closes, then waits for what it has taken in."""

import asyncio
import json
import os
import signal
import time
from contextlib import suppress

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, blob, entity
from tests.http.problems import problem_of
from tests.http.test_failures import WAITING, locked
from tests.http.two_services import at
from tests.serve.copies import until
from tests.serve.served import Served, patient, served
from tests.serve.test_shedding import taken_in

pytestmark = pytest.mark.xdist_group("serve")


async def until_draining(http: httpx.AsyncClient) -> httpx.Response:
    """The first answer of a service that is no longer ready."""
    for _ in range(1000):
        answer = await http.get("/health/ready")
        if answer.status_code == 503:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError("the service stays ready")


async def test_it_goes_on_while_gateways_go_elsewhere(stack: StackInfo, user: Account) -> None:
    async with served(stack, drain_seconds="60") as service, at(service.address, user) as there:
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
        # Nobody needs the rest of the minute.
        service.tell(signal.SIGTERM)
        assert await service.ended() == 0


async def test_what_was_taken_in_is_answered(stack: StackInfo, user: Account, admin: asyncpg.Connection) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    async with served(stack, **patient(stack)) as service, at(service.address, user) as there:
        async with locked(stack, user.user_id):
            waiting = asyncio.create_task(there.push("phone", entity()))
            await until(admin, WAITING)
            service.tell(signal.SIGTERM)
            assert await closed(service), "it still takes connections"
            assert service.process.poll() is None
        assert (await waiting).status_code == 200
        assert await service.ended() == 0


async def test_a_body_that_is_half_here_is_waited_for(stack: StackInfo, user: Account) -> None:
    body = json.dumps({"device_id": "phone", "entities": [entity(data=blob(400_000))]}).encode()
    head = f"POST /sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    async with served(stack) as service, at(service.address, user) as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head.encode() + body[:200_000])
        await writer.drain()
        await taken_in(there, 1)
        service.tell(signal.SIGTERM)
        assert await closed(service), "it still takes connections"
        writer.write(body[200_000:])
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert await service.ended() == 0


async def closed(service: Served) -> bool:
    """Whether it takes no new connections any more, within 30 s."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", service.port)
        except ConnectionRefusedError:
            return True
        writer.close()
        await asyncio.sleep(0.02)
    return False


async def test_no_request_is_lost_under_load(stack: StackInfo, user: Account) -> None:
    """Phones that hold no connection for longer than their next answer says."""
    async with served(stack, "--workers", "2", drain_seconds="10") as service:
        answers: list[int] = []
        many = asyncio.Event()

        async def phone() -> None:
            async with at(service.address, user) as there:
                while True:
                    answer = await there.http.get("/sync/status")
                    answers.append(answer.status_code)
                    if len(answers) >= 80:
                        many.set()
                    # As a gateway whose health check has seen it.
                    if answer.headers.get("connection") == "close":
                        return

        phones = [asyncio.create_task(phone()) for _ in range(8)]
        await asyncio.wait_for(many.wait(), 60)
        service.tell(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*phones), 60)
        assert await service.ended() == 0
    # Each phone was told to go elsewhere by an answer, not by a closed door.
    assert len(answers) >= 88
    assert set(answers) == {200}


async def test_a_second_signal_and_ctrl_c_do_not_wait(stack: StackInfo) -> None:
    for signals in ([signal.SIGTERM, signal.SIGTERM], [signal.SIGINT]):
        async with (
            served(stack, drain_seconds="60") as service,
            httpx.AsyncClient(base_url=service.address, timeout=30) as http,
        ):
            service.tell(signals[0])
            for number in signals[1:]:
                # Two that come at once are one to a process.
                await until_draining(http)
                service.tell(number)
            assert await service.ended() == 0


async def test_a_worker_that_dies_is_replaced(stack: StackInfo) -> None:
    async with served(stack) as service:
        (first,) = service.workers()
        os.kill(first, signal.SIGKILL)
        assert await replaced(service, first)
        async with httpx.AsyncClient(base_url=service.address) as http:
            assert (await http.get("/health/ready")).status_code == 200


async def replaced(service: Served, worker: int) -> bool:
    """Whether another worker answers within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if service.workers() and worker not in service.workers():
            async with httpx.AsyncClient(base_url=service.address) as http:
                with suppress(httpx.TransportError):
                    return (await http.get("/health/live")).status_code == 200
        await asyncio.sleep(0.1)
    return False
