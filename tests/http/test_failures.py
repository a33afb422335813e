"""What stands in the way for a while is a 503 that says when to come back, and passes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from medtime_backend import database, errors
from medtime_backend.database import Database
from medtime_backend.local.options import StackInfo
from medtime_backend.settings import Settings
from tests.accounts import Account, entity
from tests.http.own_service import Wire, free_port, service
from tests.http.problems import busy, problem_of
from tests.http.two_services import at
from tests.serve.copies import until

# Services of their own: all on one worker, or they would hold up each other.
pytestmark = pytest.mark.xdist_group("failures")
WAITING = """
select count(*) > 0 from pg_stat_activity where usename = 'medtime_service' and wait_event_type = 'Lock'
"""


@asynccontextmanager
async def locked(stack: StackInfo, owner: UUID) -> AsyncIterator[None]:
    """Somebody else's transaction holds the owner's lock."""
    other = await asyncpg.connect(stack.admin_database_url)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("select from private.owners where user_id = $1 for update", owner)
    try:
        yield
    finally:
        await transaction.rollback()
        await other.close()


# The second is the limit of all that the request does, so it leaves a slow machine time.
@pytest.mark.parametrize("limits", ["lock_timeout=300ms", "statement_timeout=3s"])
async def test_a_lock_that_is_held_too_long(stack: StackInfo, user: Account, limits: str) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    async with service(stack, limits) as address, at(address, user) as there:
        given = entity()
        async with locked(stack, user.user_id):
            busy(await there.push("phone", given))
            assert (await there.pull("phone")).status_code == 200, "readers wait for nobody"
        # The advice is followed: the same request again.
        assert (await there.push("phone", given)).status_code == 200
        assert len((await there.pull_all("tablet"))[0]) == 2


async def test_no_connection_left_in_the_pool(stack: StackInfo, user: Account, admin: asyncpg.Connection) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    pool = {"database_pool_size": "1", "database_pool_timeout": "2", "database_statement_timeout": "60"}
    patient = "lock_timeout=60s&statement_timeout=60s"
    async with service(stack, patient, **pool) as address, at(address, user) as there:
        assert (await there.pull("phone")).status_code == 200
        async with locked(stack, user.user_id):
            waiting = asyncio.create_task(there.push("phone", entity()))
            await until(admin, WAITING)
            started = time.monotonic()
            busy(await there.pull("phone"))
            assert time.monotonic() - started < 30
            assert (await there.http.get("/health/live")).status_code == 200
        assert (await waiting).status_code == 200
        assert (await there.pull("phone")).status_code == 200


async def test_a_pool_without_a_connection_left_does_not_send_users_elsewhere(
    stack: StackInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no better there, as long as the database has answered a moment ago."""
    monkeypatch.setattr(database, "PROOF_SECONDS", 60)
    settings = Settings(
        database_url=stack.service_database_url,
        jwks_url="https://auth.test/jwks.json",
        database_pool_size=1,
        database_pool_timeout=2,
    )
    found = await Database.open(settings)
    try:
        await found.fetch("ready")
        async with found._pool.acquire():  # noqa: SLF001 - as a statement that takes its time
            with pytest.raises(errors.Busy):
                await found.fetch("ready")
            await found.prove()
    finally:
        await found.close()


async def test_the_database_ends_a_session(stack: StackInfo, admin: asyncpg.Connection, user: Account) -> None:
    given = entity()
    assert (await user.push("phone", entity())).status_code == 200
    async with locked(stack, user.user_id):
        waiting = asyncio.create_task(user.push("phone", given))
        ended = False
        for _ in range(200):
            ended = await admin.fetchval(
                """
                select count(pg_terminate_backend(pid)) > 0
                from pg_stat_activity
                where usename = 'medtime_service' and wait_event_type = 'Lock'
                """
            )
            if ended:
                break
            await asyncio.sleep(0.02)
        assert ended
        busy(await waiting)
    assert (await user.push("phone", given)).status_code == 200


async def test_the_database_is_away_and_comes_back(stack: StackInfo, user: Account) -> None:
    wire = Wire(stack.service_database_url)
    async with service(stack, database_url=wire.url) as address, at(address, user) as there:
        # Not there at start: the service comes up all the same.
        busy(await there.push("phone", entity()))
        busy(await there.http.get("/health/ready"))
        for _ in range(2):
            await wire.mend()
            given = entity()
            assert (await there.push("phone", given)).status_code == 200
            assert (await there.http.get("/health/ready")).status_code == 200
            await wire.cut()
            busy(await there.push("phone", given))
            busy(await there.pull("phone"))
            busy(await there.http.get("/sync/status"))
            busy(await there.http.get("/health/ready"))
            assert (await there.http.get("/health/live")).status_code == 200
    assert len((await user.pull_all("tablet"))[0]) == 2


async def test_auth_is_away_at_start(stack: StackInfo, user: Account) -> None:
    """Without keys nobody can be told apart: that is our trouble, and must not sign anybody out."""
    wire = Wire(stack.auth_url)
    async with service(stack, jwks_url=f"{wire.url}/.well-known/jwks.json") as address, at(address, user) as there:
        busy(await there.push("phone", entity()))
        problem_of(await there.http.get("/sync/status", headers={"Authorization": ""}), 401, "malformed-authorization")
        await wire.mend()
        await asyncio.sleep(2.1)
        assert (await there.push("phone", entity())).status_code == 200
        await wire.cut()
        assert (await there.push("phone", entity())).status_code == 200


async def test_a_dead_port_as_the_database(stack: StackInfo, user: Account) -> None:
    dead = f"postgresql://medtime_service:x@127.0.0.1:{free_port()}/postgres"
    async with service(stack, database_url=dead) as address, at(address, user) as there:
        busy(await there.push("phone", entity()))
