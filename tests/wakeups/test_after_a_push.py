"""From one phone's push through the service to another's wake-up, and that no push ever waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.own_service import service
from tests.wakeups.credentials import Credentials
from tests.wakeups.provider import until
from tests.wakeups.providers import Providers, providers
from tests.wakeups.sender import KEY, sender

pytestmark = pytest.mark.xdist_group("push-notify")


@pytest.fixture
async def both(tmp_path: Path, admin: asyncpg.Connection) -> AsyncIterator[Providers]:
    await admin.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    async with providers(Credentials.make(tmp_path)) as made:
        yield made
    assert made.faults == []


async def test_a_push_through_the_service_wakes_the_other_phone_at_once(
    stack: StackInfo, user: Account, both: Providers, tmp_path: Path
) -> None:
    token = f"{uuid4().hex}:APA91b{uuid4().hex}"
    async with (
        sender(stack, both.environment, both.credentials.certificate, tmp_path / "log") as one,
        service(stack, functions_url=str(one.http.base_url), functions_key=KEY) as address,
        httpx.AsyncClient(base_url=address, headers=dict(user.http.headers), timeout=60) as http,
    ):
        registered = await http.put("/devices/tablet", json={"platform": "fcm", "token": token})
        assert registered.status_code == 204
        body = {"device_id": "phone", "entities": [entity()]}
        assert (await http.post("/sync/push", json=body)).status_code == 200
        await until(lambda: both.woken == [token])
        # Nobody is woken for the retry, and there is nothing to call the sender for.
        assert (await http.post("/sync/push", json=body)).status_code == 200

        async def counted() -> bool:
            told = (await http.get("/metrics")).text
            assert 'wakeups{state="waiting"} 0.0' in told
            assert 'wakeups_done{outcome="sent"}' in told
            return 'wakeup_calls_total{result="ok"} 1.0' in told and "wakeups_requested_total 1.0" in told

        await until(counted)
    assert both.woken == [token]


async def test_a_push_is_answered_while_the_sender_hangs(stack: StackInfo, user: Account, both: Providers) -> None:
    assert both.woken == []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()

    hanging = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{hanging.sockets[0].getsockname()[1]}"
    async with (
        service(stack, functions_url=url, functions_key=KEY) as address,
        httpx.AsyncClient(base_url=address, headers=dict(user.http.headers), timeout=60) as http,
    ):
        await http.put("/devices/tablet", json={"platform": "fcm", "token": uuid4().hex * 2})
        began = time.monotonic()
        for _ in range(20):
            body = {"device_id": "phone", "entities": [entity()]}
            assert (await http.post("/sync/push", json=body)).status_code == 200
        # A call that nobody answers would be given up after a minute.
        assert time.monotonic() - began < 30
        assert "wakeups_requested_total 20.0" in (await http.get("/metrics")).text
    hanging.close()
