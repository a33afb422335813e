"""Two instances behind the real nginx: routes, limits, a rolling restart and a killed instance."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from medtime_backend.client import Device
from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.deploy.nginx import MISSING, NGINX, command, configured, gateway
from tests.http.own_service import free_port
from tests.http.problems import CANARY, problem_of
from tests.serve.certificates import certificate
from tests.serve.served import Served, served
from tests.serve.test_tls import handshake, needs_openssl

pytestmark = [pytest.mark.xdist_group("serve"), pytest.mark.skipif(NGINX is None, reason=MISSING)]
TRUSTED = {"trusted_proxies": "127.0.0.0/8"}


@asynccontextmanager
async def through(address: str, user: Account) -> AsyncIterator[Account]:
    """The same user, behind the gateway."""
    async with httpx.AsyncClient(base_url=address, headers=user.http.headers, timeout=30, verify=False) as http:  # noqa: S501 - the test's own
        yield Account(user.user_id, user.session_id, user.token, http)


def test_its_own_check(tmp_path: Path) -> None:
    checked = subprocess.run(  # noqa: S603 - a fixed command
        command(configured(tmp_path, 4430, [8001, 8002]), "-t"), capture_output=True, text=True, check=False, timeout=20
    )
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@needs_openssl
async def test_routes_and_refusals(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    supabase = urlsplit(stack.auth_url).netloc
    async with (
        served(stack, **TRUSTED, rate_address="1000000") as service,
        gateway(tmp_path, [service.port], supabase) as address,
        through(address, user) as there,
    ):
        assert (await there.push("phone", entity())).status_code == 200
        pulled = await there.pull("tablet")
        assert len(pulled.json()["entities"]) == 1
        # A large clock and a large push get through.
        assert (await there.pull("tablet", "x" * 15_000)).status_code == 410
        spaces = b"[" + b" " * 15_000_000
        json = {"content-type": "application/json"}
        problem_of(await there.http.post("/sync/push", content=spaces, headers=json), 400, "malformed-body")
        assert (await there.http.get("/catalog/sources")).status_code == 200
        assert (await there.http.get("/health/live")).status_code == 200
        assert (await there.http.get("/auth/v1/health")).status_code == 200
        assert pulled.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert pulled.headers["x-content-type-options"] == "nosniff"
        for path in ("/metrics", "/health/ready", "/schema", "/", "/nowhere"):
            problem_of(await there.http.get(path, headers={"x-forwarded-for": "127.0.0.1"}), 404, "not-found")
        too_large = await there.http.post("/sync/push", content=b" " * 17_000_000)
        problem_of(too_large, 413, "body-too-large")
        assert too_large.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert (await there.http.get(f"/catalog/search?q={CANARY}")).status_code == 200
        assert "alert protocol version" in handshake(urlsplit(address).port or 0, "-tls1_2").stderr
        refused: list[httpx.Response] = []
        # Two hundred are let in at once, and thirty a second: a slow machine takes longer to be too fast.
        async with asyncio.timeout(90):
            while not refused:
                answers = await asyncio.gather(*(there.http.get("/health/live") for _ in range(400)))
                refused = [answer for answer in answers if answer.status_code != 200]
        problem = problem_of(refused[0], 429, "rate-limited")
        assert problem["group"] == "address"
    assert CANARY not in (tmp_path / "nginx/access.log").read_text()


async def test_instances_that_speak_tls(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path, name="instance")
    stranger, strange_key = certificate(tmp_path, name="stranger")
    port = free_port()
    async with gateway(tmp_path, [port], authority=chain) as address, through(address, user) as there:
        for cert, its_key, status in ((chain, key, 200), (stranger, strange_key, 503)):
            arguments = ("--certificate", str(cert), "--key", str(its_key))
            async with served(stack, *arguments, port=port, scheme="https", **TRUSTED):
                # The gateway has marked it as down for 2 s.
                await asyncio.sleep(2.2)
                answer = await there.pull("phone")
            assert answer.status_code == status
            assert answer.headers.get_list("strict-transport-security") == ["max-age=63072000; includeSubDomains"]


async def test_nobody_is_there(user: Account, tmp_path: Path) -> None:
    async with gateway(tmp_path, [free_port(), free_port()]) as address, through(address, user) as there:
        for answer in (await there.pull("phone"), await there.push("phone", entity())):
            problem_of(answer, 503, "busy")
            assert answer.headers["retry-after"] == "2"


class Load:
    """Phones that pull and push through the gateway until they are told to stop."""

    def __init__(self, address: str, user: Account) -> None:
        self._address = address
        self._user = user
        self._over = asyncio.Event()
        self.statuses: list[int] = []
        self.faults: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        phones = [asyncio.create_task(self._phone(number)) for number in range(4)]
        await asyncio.sleep(0.5)
        try:
            yield
        finally:
            await asyncio.sleep(0.5)
            self._over.set()
            await asyncio.gather(*phones)

    async def _phone(self, number: int) -> None:
        async with through(self._address, self._user) as there:
            while not self._over.is_set():
                try:
                    given = there.push(f"phone-{number}", entity()) if number % 2 else there.pull("tablet", limit=1)
                    self.statuses.append((await given).status_code)
                except httpx.TransportError as fault:
                    self.faults.append(type(fault).__name__)
                # Below the gateway's limit of 30 a second.
                await asyncio.sleep(0.2)


async def test_a_rolling_restart_loses_nothing(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    settings = {**TRUSTED, "drain_seconds": "4"}
    async with AsyncExitStack() as running:
        first = [await running.enter_async_context(served(stack, port=port, **settings)) for port in ports]
        address = await running.enter_async_context(gateway(tmp_path, ports))
        load = Load(address, user)
        async with load.running():
            for old in first:
                old.tell(signal.SIGTERM)
                assert await old.ended() == 0
                # The gateway has marked it as down for 2 s.
                await running.enter_async_context(served(stack, port=old.port, **settings))
                await asyncio.sleep(2.2)
    assert load.faults == []
    assert set(load.statuses) == {200}
    assert len(load.statuses) > 40


def kill(service: Served) -> None:
    """All of an instance at once, as when its machine loses power."""
    for pid in [service.process.pid, *service.workers()]:
        os.kill(pid, signal.SIGKILL)


async def test_an_instance_is_killed(
    stack: StackInfo, user: Account, account: Callable[[], Awaitable[Account]], tmp_path: Path
) -> None:
    async with (
        served(stack, **TRUSTED) as one,
        served(stack, **TRUSTED) as other,
        gateway(tmp_path, [one.port, other.port]) as address,
        through(address, user) as there,
    ):

        async def token(_: bool) -> str:  # noqa: FBT001 - as the client asks
            return user.token

        device = Device(there.http, token, "phone", os.urandom(32), str(user.user_id))
        load = Load(address, await account())
        async with load.running():
            ids = [device.put("note", os.urandom(200)) for _ in range(300)]
            syncing = asyncio.create_task(device.sync())
            await asyncio.sleep(0.05)
            kill(one)
            killed = time.monotonic()
            await asyncio.wait_for(syncing, 60)
        assert await device.verify() == []
        assert {entity_id for entity_id in ids if device.get(entity_id)} == set(ids)
        # Four requests were under way at most.
        assert len(load.faults) + sum(status != 200 for status in load.statuses) <= 4
        assert time.monotonic() - killed < 60
