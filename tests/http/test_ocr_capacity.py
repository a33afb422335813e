"""Few workers, many requests: a bounded queue, and a worker's end that is nobody else's."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.own_service import service
from tests.http.problems import busy, problem_of
from tests.http.test_metrics import counted
from tests.ocr.engine_twin import AWS_KEYS, EngineTwin, Said, engine_twin, textract_lines
from tests.ocr.one_worker import children_of
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import named, only_worker_at, told
from tests.ocr.sealed import seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")

LINES = textract_lines("Metformina 850 mg")


@pytest.fixture(scope="module")
def twin() -> Iterator[EngineTwin]:
    with engine_twin() as running:
        yield running


@pytest.fixture(scope="module")
async def address(stack: StackInfo, twin: EngineTwin, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    keys = tmp_path_factory.mktemp("aws") / "keys.json"
    keys.write_bytes(AWS_KEYS)
    settings = {"ocr_engine": "aws", "ocr_credentials_file": str(keys), "ocr_url": twin.url}
    ring = str(stack.data_dir / "ocr_keys.json")
    async with service(stack, ocr_workers="1", ocr_queue="1", ocr_keys_file=ring, **settings) as url:
        yield url


@pytest.fixture
async def http(address: str, user: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, headers=user.http.headers, timeout=60) as client:
        yield client


async def ask(http: httpx.AsyncClient, user: Account) -> httpx.Response:
    sealed = await seal_for(http, user.user_id, encoded(page()))
    return await send(http, sealed.content)


async def test_one_is_read_one_waits_and_the_third_is_told_to_come_back(
    http: httpx.AsyncClient, user: Account, twin: EngineTwin, address: str
) -> None:
    once = threading.Event()
    twin.says(Said(body=LINES, once=once))
    (refused, *_), others = await asyncio.wait(
        [asyncio.create_task(ask(http, user)) for _ in range(3)], timeout=40, return_when=asyncio.FIRST_COMPLETED
    )
    once.set()
    busy(refused.result())
    assert [other.status_code for other in await asyncio.gather(*others)] == [200, 200]
    found = await counted(address)
    assert found["ocr_requests_total", "aws", "done"] == 2
    assert found["ocr_requests_total", "aws", "busy"] == 1
    assert found["ocr_duration_seconds_count", "aws"] == 2
    assert found["ocr_workers_busy",] == found["ocr_requests_waiting",] == 0
    assert (await ask(http, user)).status_code == 200


async def test_a_killed_worker_is_one_failed_request(
    http: httpx.AsyncClient, user: Account, admin: asyncpg.Connection, twin: EngineTwin, address: str
) -> None:
    once = threading.Event()
    twin.says(Said(body=LINES, once=once))
    sealed = await seal_for(http, user.user_id, encoded(page()))
    asked = asyncio.create_task(send(http, sealed.content))
    while not twin.heard:  # noqa: ASYNC110 - what it waits for is another process
        await asyncio.sleep(0.01)
    os.kill(await only_worker_at(address), signal.SIGKILL)
    once.set()
    problem_of(await asked, 500, "ocr-failed")
    row = await admin.fetchrow(
        "select status, error_code from public.srv_ocr_requests where id = $1", sealed.request_id
    )
    assert row is not None
    assert tuple(row) == ("failed", "ocr-failed")
    # Never answered, so the same sealed image may come again.
    assert (await send(http, sealed.content)).status_code == 200


async def test_a_new_warmed_parent_takes_over_when_one_dies(
    stack: StackInfo, http: httpx.AsyncClient, user: Account, twin: EngineTwin
) -> None:
    twin.says(Said(body=LINES))
    before = set(named(b"warmed_parent"))
    assert (await ask(http, user)).status_code == 200
    mine = [pid for pid in before if _is_of_this_service(pid, stack)]
    for pid in mine:
        os.kill(pid, signal.SIGKILL)
    assert (await ask(http, user)).status_code == 200
    assert set(named(b"warmed_parent")) != before


async def test_an_image_that_meets_a_parent_that_hangs_is_read_by_a_worker_of_another(  # noqa: PLR0913, PLR0917 - what it is about
    stack: StackInfo,
    http: httpx.AsyncClient,
    user: Account,
    admin: asyncpg.Connection,
    twin: EngineTwin,
    address: str,
) -> None:
    twin.says(Said(body=LINES))
    assert (await ask(http, user)).status_code == 200
    (old,) = [pid for pid in named(b"warmed_parent") if _is_of_this_service(pid, stack)]
    os.kill(old, signal.SIGSTOP)
    sealed = await seal_for(http, user.user_id, encoded(page()))
    answer = await send(http, sealed.content)
    assert [line["text"] for line in sealed.opened(answer.content)["lines"]] == ["Metformina 850 mg"]
    assert await admin.fetchval("select status from public.srv_ocr_requests where id = $1", sealed.request_id) == "done"
    async with asyncio.timeout(20):
        while told(old, "stat"):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    (new,) = [pid for pid in named(b"warmed_parent") if _is_of_this_service(pid, stack)]
    assert (await ask(http, user)).status_code == 200
    async with asyncio.timeout(20):
        while children_of(new):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.02)
    found = await counted(address)
    assert found["ocr_workers_busy",] == found["ocr_requests_waiting",] == 0


def _is_of_this_service(pid: int, stack: StackInfo) -> bool:
    """Not the shared stack's own: its parent's command line has the stack's port."""
    port = stack.base_url.rpartition(":")[2].encode()
    parent = int(told(pid, "stat").rpartition(b")")[2].split()[1])
    return port not in told(parent, "cmdline")


async def test_images_have_a_limit_of_their_own(stack: StackInfo, user: Account) -> None:
    rates = "sync_push=1000,sync_pull=1000,catalog=1000,ocr=1"
    ring = str(stack.data_dir / "ocr_keys.json")
    async with (
        service(stack, rate_free=rates, ocr_keys_file=ring) as url,
        httpx.AsyncClient(base_url=url, headers=user.http.headers) as there,
    ):
        problem_of(await send(there, b"x"), 400, "ocr-not-sealed")
        assert problem_of(await send(there, b"x"), 429, "rate-limited")["group"] == "ocr"
        # The keys are for everybody, and use nothing up.
        assert (await there.get("/ocr/key")).status_code == 200


async def test_without_keys_there_is_no_ocr(stack: StackInfo, user: Account) -> None:
    async with service(stack) as url, httpx.AsyncClient(base_url=url, headers=user.http.headers) as there:
        problem_of(await there.get("/ocr/key"), 404, "not-found")
        problem_of(await send(there, b"x"), 404, "not-found")
