"""Several workers of an instance are one to whoever scrapes it."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.own_service import LOOPBACK, answering, free_port
from tests.http.problems import CANARY, DEVICE
from tests.http.test_metrics import counted
from tests.http.two_services import at
from tests.observability.instances import WORKERS, alive, answered, ask, instance, until, writers

REQUESTS = 300
SEEDED = ("catalog_released_timestamp_seconds", "ema")


async def test_every_request_is_counted_once_whoever_answers(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    async with instance(stack, tmp_path) as (address, _), at(address, user) as there:
        await ask(address, "/catalog/sources", REQUESTS)
        await ask(address, f"/{CANARY}/{CANARY}?{CANARY}", 40)
        await ask(address, f"/sync/pull?{CANARY}", 30, "DELETE")
        await ask(address, "/sync/pull", 20)
        await ask(address, "/health/live", 2, CANARY.upper())
        first = entity()
        assert (await there.push(DEVICE, first)).status_code == 200
        assert (await there.push(DEVICE, entity(id=first["id"], base_version=7))).status_code == 409
        assert (await there.pull(DEVICE)).status_code == 200
        assert (await there.pull(DEVICE, clock=CANARY)).status_code == 410
        async with asyncio.timeout(90):
            # As of the last second: a worker may have looked just while it was at work. And one that has asked the
            # database in vain asks it again a minute later.
            while (found := await counted(address))["sync_queue_depth",] or SEEDED not in found:
                pass
        assert answered(tmp_path, "/catalog/sources") > 1, "only one worker has answered"
    requests = {key[1:]: value for key, value in found.items() if key[0] == "http_requests_total"}
    assert requests["GET", "/catalog/sources", "200"] == REQUESTS
    assert requests["GET", "unmatched", "404"] == 40
    assert requests["DELETE", "unmatched", "405"] == 30
    assert requests["GET", "/sync/pull", "401"] == 20
    assert found["auth_failures_total", "missing-token"] == 20
    assert found["http_request_duration_seconds_count", "GET", "/catalog/sources"] == REQUESTS
    assert found["sync_operations_total", "push", "ok"] == 1
    assert found["sync_operations_total", "push", "conflict"] == 1
    assert found["sync_conflicts_total", "ahead"] == 1
    assert found["sync_operations_total", "pull", "resync"] == 1
    assert found["sync_resyncs_total", "unreadable"] == 1
    assert found["sync_page_bytes_count",] == 1
    assert found["redis_up",] == 1
    assert found[SEEDED] > 1_700_000_000
    assert found["database_connections", "used"] >= 0
    assert {key[0] for key in requests} <= {"GET", "POST", "DELETE", "other"}


async def test_what_is_over_a_limit_is_counted_once_whoever_refuses_it(
    stack: StackInfo, user: Account, tmp_path: Path
) -> None:
    """And on a port of their own all workers tell the same."""
    port = free_port()
    limited = {"rate_free": "sync_push=1000,sync_pull=5,catalog=1000,ocr=1", "metrics_listen": f"{LOOPBACK}:{port}"}
    async with instance(stack, tmp_path, **limited) as (address, _):
        headers = dict(user.http.headers)
        statuses = []
        for _ in range(3):
            async with httpx.AsyncClient(
                base_url=address, headers=headers, limits=httpx.Limits(max_keepalive_connections=0), timeout=60
            ) as http:
                answers = await asyncio.gather(*(http.get("/sync/pull?device_id=phone") for _ in range(20)))
            statuses += [answer.status_code for answer in answers]
        assert {200, 429} == set(statuses)
        scrapes = [await counted(f"http://{LOOPBACK}:{port}") for _ in range(6)]
        assert answered(tmp_path, "/sync/pull") > 1, "only one worker has answered"
    for found in scrapes:
        assert found["rate_limit_exceeded_total", "sync_pull"] == statuses.count(429)
        assert found["http_requests_total", "GET", "/sync/pull", "429"] == statuses.count(429)
        assert found["http_requests_total", "GET", "/sync/pull", "200"] == statuses.count(200)
        assert found["http_request_duration_seconds_count", "GET", "/sync/pull"] == 60
        assert found["sync_operations_total", "pull", "refused"] == statuses.count(429)


async def test_a_worker_that_dies_takes_nothing_along_that_it_has_counted(stack: StackInfo, tmp_path: Path) -> None:
    async with instance(stack, tmp_path) as (address, _):
        await ask(address, "/catalog/sources", REQUESTS)
        victim = max(writers(tmp_path))
        os.kill(victim, signal.SIGKILL)
        # It may take its time to die, and its lock goes with it.
        await until(lambda: not alive(victim))
        async with httpx.AsyncClient(base_url=address) as http:
            await answering(http)
        found = await counted(address)
        assert found["http_requests_total", "GET", "/catalog/sources", "200"] == REQUESTS
        async with asyncio.timeout(60):
            # Whoever is scraped while its successor announces itself leaves this for the next scrape.
            while victim in writers(tmp_path, "gauge_live*"):
                await counted(address)


async def test_scrapes_meet_workers_that_end_and_begin(stack: StackInfo, tmp_path: Path) -> None:
    async with instance(stack, tmp_path) as (address, _):
        await ask(address, "/catalog/sources", REQUESTS)
        workers = writers(tmp_path, "gauge_live*")
        assert len(workers) == WORKERS
        found = []
        # Each of the first ones: Granian gives up when one that it has just started anew ends again.
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
            async with asyncio.timeout(30):
                for _ in range(15):
                    # A connection may be of the worker that has just been killed; no answer is a bad one.
                    with suppress(httpx.TransportError):
                        found.append((await counted(address))["http_requests_total", "GET", "/catalog/sources", "200"])
            async with httpx.AsyncClient(base_url=address) as http:
                await answering(http)
        assert len(found) > 15
        assert set(found) == {REQUESTS}
