"""An image goes in sealed and comes back read, sealed; what is noted is who, when and how it ended."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import UUID

import asyncpg
import httpx
import pytest

from medtime_backend.client import read_prescription
from medtime_backend.client.service import Service
from medtime_backend.local.options import StackInfo
from medtime_backend.ocr.sealing_keys import SealSuite
from medtime_backend.prescriptions.timings import Every
from tests.accounts import Account
from tests.http.problems import problem_of
from tests.ocr.pictures import TEXT, encoded, page
from tests.ocr.sealed import Sealed, seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")


async def noted(admin: asyncpg.Connection, request_id: UUID) -> tuple[str, str | None]:
    """Status and code of a request."""
    row = await admin.fetchrow(
        "select status, error_code, completed_at from public.srv_ocr_requests where id = $1", request_id
    )
    assert row is not None
    assert (row["completed_at"] is not None) == (row["status"] in {"done", "failed"})
    return row["status"], row["error_code"]


def texts(sealed: Sealed, answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    return [line["text"] for line in sealed.opened(answer.content)["lines"]]


async def test_the_keys_tell_what_a_client_must_know(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/ocr/key")
    assert answer.status_code == 200
    found = answer.json()
    assert {key["suite"].split("-")[0] for key in found["keys"]} == {"x25519", "mlkem768"}
    assert found["engine"] == {"name": "rapidocr", "maker": "RapidOCR, on this server", "leaves_server": False}
    assert (found["image_bytes"], found["seconds"], found["retention"]) == (10 * 1024 * 1024, 30, 0)
    assert "private" not in answer.text


@pytest.mark.parametrize("suite", list(SealSuite), ids=lambda suite: suite.name)
async def test_an_image_is_read(user: Account, admin: asyncpg.Connection, suite: SealSuite) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page(), "JPEG"), suite)
    assert texts(sealed, await send(user.http, sealed.content)) == list(TEXT)
    assert await noted(admin, sealed.request_id) == ("done", None)


async def test_the_reference_client_reads_a_prescription(stack: StackInfo, user: Account) -> None:
    async def token(_fresh: bool) -> str:  # noqa: FBT001 - the client's own signature
        return user.token

    async def sleep(_seconds: float) -> None:
        raise AssertionError

    async with httpx.AsyncClient(base_url=stack.base_url, timeout=60) as http:
        service = Service(http, token, sleep, lambda: 0.5, "msgpack")
        found = await read_prescription(service, user.user_id, encoded(page()), lambda _: False)
    assert [line.text for line in found.lines] == list(TEXT)
    (medication,) = found.prescription.medications
    assert medication.drug == "Metformina"
    assert str(medication.catalog_id).startswith("rxnorm:")
    assert medication.frequency == Every(low=Decimal(12), high=Decimal(12), unit="hour")


async def test_the_same_sealed_image_is_read_once(user: Account, admin: asyncpg.Connection) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    assert (await send(user.http, sealed.content)).status_code == 200
    problem_of(await send(user.http, sealed.content), 409, "ocr-replayed")
    assert await noted(admin, sealed.request_id) == ("done", None)


async def test_another_user_cannot_have_it_read(
    user: Account, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    other = await account()
    problem_of(await send(other.http, sealed.content), 422, "ocr-seal-broken")
    assert await noted(admin, sealed.request_id) == ("failed", "ocr-seal-broken")
