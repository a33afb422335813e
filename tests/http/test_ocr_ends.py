"""A request that ends early, by whatever end: it is noted, its worker is gone, its place is free."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.own_service import service
from tests.http.problems import busy
from tests.http.test_metrics import counted
from tests.ocr.engine_twin import AWS_KEYS, EngineTwin, Said, engine_twin, textract_lines
from tests.ocr.one_worker import children_of
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import only_worker_at, told, workers_at
from tests.ocr.sealed import Sealed, seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")

TIMEOUT = 10
"""Of a request at the service of these tests, in seconds."""
NEVER = Said(body=textract_lines("Metformina 850 mg"), delay=40.0)
AT_ONCE = Said(body=textract_lines("Metformina 850 mg"))


@pytest.fixture(scope="module")
def twin() -> Iterator[EngineTwin]:
    with engine_twin() as running:
        yield running


@pytest.fixture
async def address(stack: StackInfo, twin: EngineTwin, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    keys = tmp_path_factory.mktemp("aws") / "keys.json"
    keys.write_bytes(AWS_KEYS)
    settings = {"ocr_engine": "aws", "ocr_credentials_file": str(keys), "ocr_url": twin.url}
    settings |= {"ocr_keys_file": str(stack.data_dir / "ocr_keys.json"), "request_timeout": str(TIMEOUT)}
    async with service(stack, ocr_workers="1", ocr_queue="0", **settings) as url:
        yield url


@pytest.fixture
async def http(address: str, user: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, headers=user.http.headers, timeout=60) as client:
        # From here on the parent is warm.
        async with asyncio.timeout(60):
            while True:
                sealed = await seal_for(client, user.user_id, b"%PDF")
                if (await send(client, sealed.content)).status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE:
                    break
        yield client


async def until(true: Callable[[], bool]) -> None:
    """Wait for other processes; at most 20 s."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - no process sets an event of ours
            await asyncio.sleep(0.02)


async def noted(admin: asyncpg.Connection, request_id: UUID) -> tuple[str, str | None]:
    """How the request ended, once it has; at most 20 s."""
    async with asyncio.timeout(20):
        while True:
            row = await admin.fetchrow(
                "select status, error_code from public.srv_ocr_requests where id = $1", request_id
            )
            if row is not None and row["status"] in {"done", "failed"}:
                return tuple(row)
            await asyncio.sleep(0.05)


async def begun(http: httpx.AsyncClient, user: Account, twin: EngineTwin) -> tuple[Sealed, asyncio.Task[object]]:
    """An image that a worker is reading."""
    twin.says(NEVER)
    sealed = await seal_for(http, user.user_id, encoded(page()))
    asked = asyncio.create_task(send(http, sealed.content))
    await until(lambda: bool(twin.heard))
    return sealed, asked


async def test_who_hangs_up_ends_the_reading(
    http: httpx.AsyncClient, user: Account, admin: asyncpg.Connection, twin: EngineTwin, address: str
) -> None:
    sealed, asked = await begun(http, user, twin)
    await only_worker_at(address)
    asked.cancel()
    assert await noted(admin, sealed.request_id) == ("failed", "ocr-cancelled")
    await until(lambda: not workers_at(address))
    twin.says(AT_ONCE)
    # Nothing was answered: the very same bytes are read, in the only place there is.
    assert (await send(http, sealed.content)).status_code == 200
    found = await counted(address)
    assert found["ocr_requests_total", "aws", "ocr-cancelled"] == 1
    assert found["ocr_workers_busy",] == found["ocr_requests_waiting",] == 0


async def test_whose_time_is_over_is_noted(
    http: httpx.AsyncClient, user: Account, admin: asyncpg.Connection, twin: EngineTwin, address: str
) -> None:
    sealed, asked = await begun(http, user, twin)
    answer = await asked
    assert isinstance(answer, httpx.Response)
    busy(answer)
    assert await noted(admin, sealed.request_id) == ("failed", "ocr-cancelled")
    await until(lambda: not workers_at(address))
    twin.says(AT_ONCE)
    assert (await send(http, sealed.content)).status_code == 200


async def test_a_service_that_stops_leaves_neither_a_note_nor_a_worker(
    http: httpx.AsyncClient, user: Account, admin: asyncpg.Connection, twin: EngineTwin, address: str
) -> None:
    sealed, asked = await begun(http, user, twin)
    worker = await only_worker_at(address)
    port = address.rpartition(":")[2].encode()
    (granian,) = [pid for pid in children_of(os.getpid()) if port in told(pid, "cmdline").split(b"\0")]
    os.kill(granian, signal.SIGTERM)
    status, code = await noted(admin, sealed.request_id)
    assert status == "failed"
    assert code in {"ocr-cancelled", "ocr-failed"}
    await until(lambda: not told(worker, "cmdline"))
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
