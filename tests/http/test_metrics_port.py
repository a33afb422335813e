"""/metrics on a port of its own: for a Prometheus that has an address among those of the gateway's."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.http.own_service import LOOPBACK, free_port, service
from tests.http.problems import CANARY, problem_of
from tests.http.test_metrics import counted

pytestmark = pytest.mark.xdist_group("limits")
# As in a cluster: the gateway's pods and Prometheus's are of one network.
ONE_NETWORK = {"trusted_proxies": "127.0.0.0/8", "metrics_networks": "127.0.0.0/8"}


async def raw(port: int, sent: bytes) -> bytes:
    """All that comes back for these bytes."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(sent)
    async with asyncio.timeout(15):
        answer = await reader.read()
    writer.close()
    return answer


async def test_it_tells_there_what_the_services_port_tells_nobody(stack: StackInfo) -> None:
    port = free_port()
    async with (
        service(stack, **ONE_NETWORK, metrics_listen=f"{LOOPBACK}:{port}") as address,
        httpx.AsyncClient(base_url=address) as http,
    ):
        for said in ({}, {"X-Forwarded-For": LOOPBACK}):
            problem_of(await http.get("/metrics", headers=said), 404, "not-found")
        assert (await http.get(f"/{CANARY}")).status_code == 404
        found = await counted(f"http://{LOOPBACK}:{port}")
        assert found["http_requests_total", "GET", "unmatched", "404"] >= 1
        # What is asked of the database is there too; who has asked it in vain asks again a minute later.
        async with asyncio.timeout(90):
            while ("catalog_released_timestamp_seconds", "ema") not in found:
                found = await counted(f"http://{LOOPBACK}:{port}")
        assert found["catalog_released_timestamp_seconds", "ema"] > 1_700_000_000
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as there:
            answers = [
                await there.get("/health/live"),
                await there.get(f"/{CANARY}?{CANARY}"),
                await there.post("/metrics", content=CANARY),
            ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(404, b""), (404, b""), (501, b"")]
        for sent in (f"{CANARY}\r\n\r\n", f"GET /{CANARY} HTTP/9.9\r\n\r\n", f"GET /{CANARY * 9000} HTTP/1.1\r\n\r\n"):
            assert CANARY.encode() not in await raw(port, sent.encode())


async def test_others_are_hung_up_on(stack: StackInfo) -> None:
    port = free_port()
    settings = {"metrics_networks": "10.0.0.0/8", "metrics_listen": f"{LOOPBACK}:{port}"}
    async with service(stack, **settings):
        head = b"GET /metrics HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
        # Reset where it did not wait for the request.
        with suppress(ConnectionResetError):
            assert await raw(port, head) == b""
