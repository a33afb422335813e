"""Notes of OCR requests, as the service's role writes them: an id is used once, and nobody notes for another."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, claims_of

AGAIN = ["busy", "ocr-failed"]


@pytest.fixture
async def service(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the service's own role."""
    connection = await asyncpg.connect(cluster.service_database_url)
    yield connection
    await connection.close()


async def begin(service: asyncpg.Connection, user: UUID, request: UUID) -> None:
    await service.execute("select private.begin_ocr_request_as($1::jsonb, $2, $3)", claims_of(user), request, AGAIN)


async def note(service: asyncpg.Connection, user: UUID, request: UUID, status: str, code: str | None = None) -> None:
    await service.execute(
        "select private.note_ocr_request_as($1::jsonb, $2, $3, $4)", claims_of(user), request, status, code
    )


async def state(superuser: asyncpg.Connection, request: UUID) -> tuple[str, str | None, bool]:
    row = await superuser.fetchrow(
        "select status, error_code, completed_at is not null as ended from public.srv_ocr_requests where id = $1",
        request,
    )
    assert row is not None
    return row["status"], row["error_code"], row["ended"]


async def refused(service: asyncpg.Connection, user: UUID, request: UUID) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await begin(service, user, request)
    assert (caught.value.sqlstate, caught.value.message) == ("MT409", "ocr-replayed")


async def test_from_pending_to_done(service: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    user, request = await add_user(superuser), uuid4()
    await begin(service, user, request)
    assert await state(superuser, request) == ("pending", None, False)
    await note(service, user, request, "processing")
    assert await state(superuser, request) == ("processing", None, False)
    await refused(service, user, request)
    await note(service, user, request, "done")
    assert await state(superuser, request) == ("done", None, True)
    await refused(service, user, request)
    # What has ended stays as it is.
    await note(service, user, request, "failed", "ocr-failed")
    assert await state(superuser, request) == ("done", None, True)


@pytest.mark.parametrize(("code", "again"), [("ocr-failed", True), ("busy", True), ("ocr-no-text", False)])
async def test_only_failures_of_the_server_may_be_tried_again(
    service: asyncpg.Connection, superuser: asyncpg.Connection, code: str, *, again: bool
) -> None:
    user, request = await add_user(superuser), uuid4()
    await begin(service, user, request)
    await note(service, user, request, "failed", code)
    assert await state(superuser, request) == ("failed", code, True)
    if again:
        await begin(service, user, request)
        assert await state(superuser, request) == ("pending", None, False)
    else:
        await refused(service, user, request)


async def test_what_an_instance_left_behind_may_be_tried_again(
    service: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    user, request = await add_user(superuser), uuid4()
    await begin(service, user, request)
    await note(service, user, request, "processing")
    await superuser.execute(
        "update public.srv_ocr_requests set created_at = now() - interval '3 minutes' where id = $1", request
    )
    await begin(service, user, request)
    assert await state(superuser, request) == ("pending", None, False)


async def test_another_user_s_request_is_neither_taken_nor_changed(
    service: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    owner, other, request = await add_user(superuser), await add_user(superuser), uuid4()
    await begin(service, owner, request)
    await note(service, owner, request, "failed", "ocr-failed")
    await refused(service, other, request)
    await begin(service, owner, request)
    await note(service, other, request, "done")
    assert await state(superuser, request) == ("pending", None, False)


async def test_who_is_no_user_notes_nothing(service: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await begin(service, uuid4(), uuid4())
    assert caught.value.sqlstate == "MT401"
