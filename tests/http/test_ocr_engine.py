"""An engine elsewhere, through the whole service: told beforehand, retried, and its failures are problems."""

import json
import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.own_service import service
from tests.http.problems import problem_of
from tests.ocr.engine_twin import AWS_KEYS, EngineTwin, Said, engine_twin, textract_lines
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import below, named, told
from tests.ocr.sealed import seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")


@pytest.fixture(scope="module")
def twin() -> Iterator[EngineTwin]:
    with engine_twin() as running:
        yield running


@pytest.fixture(scope="module")
async def address(stack: StackInfo, twin: EngineTwin, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    keys = tmp_path_factory.mktemp("aws") / "keys.json"
    keys.write_bytes(AWS_KEYS)
    ring = str(stack.data_dir / "ocr_keys.json")
    settings = {"ocr_engine": "aws", "ocr_credentials_file": str(keys), "ocr_url": twin.url, "ocr_keys_file": ring}
    async with service(stack, **settings) as url:
        yield url


@pytest.fixture
async def http(address: str, user: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, headers=user.http.headers, timeout=60) as client:
        yield client


async def code_of(admin: asyncpg.Connection, user: Account) -> str | None:
    code: str | None = await admin.fetchval(
        "select error_code from public.srv_ocr_requests where user_id = $1 order by created_at desc", user.user_id
    )
    return code


async def test_that_images_leave_is_told(http: httpx.AsyncClient) -> None:
    engine = (await http.get("/ocr/key")).json()["engine"]
    assert engine == {"name": "aws", "maker": "Amazon Textract", "leaves_server": True}


async def test_it_reads(http: httpx.AsyncClient, user: Account, twin: EngineTwin) -> None:
    twin.says(Said(400, {"__type": "ThrottlingException"}), Said(body=textract_lines("Metformina 850 mg")))
    sealed = await seal_for(http, user.user_id, encoded(page(), "HEIF"))
    answer = await send(http, sealed.content)
    assert answer.status_code == 200, answer.text
    assert [line["text"] for line in sealed.opened(answer.content)["lines"]] == ["Metformina 850 mg"]
    assert len(twin.heard) == 2


@pytest.mark.parametrize(
    ("said", "status", "slug"),
    [
        (Said(200, b"<html>nonsense</html>"), 503, "ocr-engine-unavailable"),
        # Away for longer than a request may wait.
        (Said(503, headers={"Retry-After": "60"}), 503, "ocr-engine-unavailable"),
        (Said(403, {"__type": "AccessDeniedException"}), 503, "ocr-engine-unavailable"),
        (Said(400, {"__type": "BadDocumentException"}), 422, "ocr-broken-image"),
        (Said(200, {"Blocks": []}), 422, "ocr-no-text"),
    ],
)
async def test_its_failures(  # noqa: PLR0913, PLR0917 - the parameters of a case
    http: httpx.AsyncClient,
    user: Account,
    admin: asyncpg.Connection,
    twin: EngineTwin,
    said: Said,
    status: int,
    slug: str,
) -> None:
    twin.says(said)
    sealed = await seal_for(http, user.user_id, encoded(page()))
    problem_of(await send(http, sealed.content), status, slug)
    assert await code_of(admin, user) == slug


async def test_the_same_sealed_image_after_a_failure_of_the_engine(
    http: httpx.AsyncClient, user: Account, admin: asyncpg.Connection, twin: EngineTwin
) -> None:
    """A 5xx says that the same request may be sent again: it is no replay, since it was never answered."""
    twin.says(Said(200, b"nonsense"), Said(body=textract_lines("Metformina 850 mg")))
    sealed = await seal_for(http, user.user_id, encoded(page()))
    failed = await send(http, sealed.content)
    assert problem_of(failed, 503, "ocr-engine-unavailable")["retryable"]
    assert int(failed.headers["retry-after"]) > 0
    assert (await send(http, sealed.content)).status_code == 200
    assert await code_of(admin, user) is None
    problem_of(await send(http, sealed.content), 409, "ocr-replayed")


async def test_its_keys_are_in_no_environment(address: str) -> None:
    secret = json.loads(AWS_KEYS)["secret_access_key"].encode()
    assert address
    assert named(b"warmed_parent")
    assert not [pid for pid in below(os.getpid()) if secret in told(pid, "environ")]
