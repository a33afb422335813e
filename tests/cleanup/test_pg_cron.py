"""The cleanup by pg_cron itself, on Debian's Postgres 15: scheduled by the migration or later, run, changed, ended."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from medtime_backend.local.bootstrap import prepare_database
from medtime_backend.local.options import StackOptions
from medtime_backend.local.postgres import PostgresServer
from medtime_backend.migrations import migrations_directory, read_migrations
from tests.accounts import add_user
from tests.cleanup.cron_server import PG_CRON, cron_server, install, migrate
from tests.cli.in_process import Answer, run

pytestmark = [
    pytest.mark.xdist_group("pg_cron"),
    pytest.mark.skipif(not PG_CRON.exists(), reason="pg_cron is not installed (Debian: postgresql-15-cron)"),
]

OLD = """
insert into public.srv_ocr_requests (user_id, status, created_at)
select $1, 'done', now() - interval '40 days' + n * interval '1 microsecond' from generate_series(1, 2500) as n
"""
EVERY_MINUTE = "select cron.alter_job(j.jobid, schedule => '* * * * *') from cron.job as j"
LONGEST_WAIT = 150


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A server for each of pg_cron's two ways to run a job: in background workers, and on connections."""
    with cron_server(workers=True) as one, cron_server(workers=False) as other:
        yield one, other


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with cron_server(workers=True) as running:
        yield running


async def told_by_the_migration(connection: asyncpg.Connection) -> list[str]:
    """What the last migration of the cleanup says when it schedules the job."""
    (migration,) = (one for one in read_migrations(migrations_directory()) if one.name == "schedule_cleanup")
    told: list[Any] = []
    connection.add_log_listener(lambda _, message: told.append(message))
    await connection.execute(migration.statements[-1])
    return [f"{message.message} {message.hint}" for message in told]


async def test_the_job_is_scheduled_runs_in_batches_and_ends(servers: tuple[PostgresServer, PostgresServer]) -> None:
    # One after the other, but the minute is waited for together.
    for server in servers:
        await schedule_it(server)
    await asyncio.gather(*(see_it_run(server) for server in servers))
    # Not together: commands in this process share their standard output.
    for server in servers:
        shown = await schedule(server)
        assert (shown.code, "2,500" in shown.out, "cron" in shown.out) == (0, True, True)
        assert (await schedule(server, "--off")).code == 0
        assert "Not scheduled" in (await schedule(server)).err


async def schedule(server: PostgresServer, *arguments: str, role: str = "postgres") -> Answer:
    return await run("cleanup", "schedule", *arguments, "--db-url", server.url(role))


async def schedule_it(server: PostgresServer) -> None:
    """Without the extension, with one that postgres may not use, and with all rights."""
    await migrate(server)
    async with connected(server, "supabase_admin") as superuser, connected(server, "postgres") as owner:
        (told,) = await told_by_the_migration(owner)
        assert "pg_cron is not installed" in told
        assert "create extension pg_cron" in (await schedule(server, "--at", "03:00")).err
        await superuser.execute("create extension pg_cron")
        (told,) = await told_by_the_migration(owner)
        assert "grant usage on schema cron to postgres" in told
        assert "grant usage on schema cron to postgres" in (await schedule(server, "--at", "03:00")).err
        await superuser.execute("grant usage on schema cron to postgres")
        assert "Not scheduled" in (await schedule(server)).err

        # Again and again is once.
        assert await told_by_the_migration(owner) == []
        assert await told_by_the_migration(owner) == []
        (job,) = await superuser.fetch("select * from cron.job")
        assert (job["jobname"], job["schedule"], job["username"]) == ("medtime-cleanup", "0 3 * * *", "postgres")
        assert "daily at 03:00 UTC" in (await schedule(server)).err
        # By whomever it is changed, it stays one job, of the owner of the schema.
        assert "daily at 04:15 UTC" in (await schedule(server, "--at", "04:15", role="supabase_admin")).err
        assert await superuser.fetchval("select count(*) from cron.job") == 1
        await superuser.execute(OLD, await add_user(superuser))
        await superuser.execute(EVERY_MINUTE)


async def see_it_run(server: PostgresServer) -> None:
    """It has removed them all, in batches that it committed one by one, and pg_cron has noted that it went well."""
    async with connected(server, "postgres") as owner:
        for _ in range(LONGEST_WAIT):
            ended = await owner.fetch("select status, return_message from cron.job_run_details")
            # One that was there before the rows, should the test begin at such an hour, has removed nothing.
            first = await owner.fetchrow(
                "select * from private.cleanup_runs where (removed ->> 'ocr_requests')::int > 0"
            )
            if first and {tuple(row) for row in ended} == {("succeeded", "DO")}:
                break
            await asyncio.sleep(1)
        else:
            raise AssertionError("pg_cron has not run the job")
        assert (first["ran_by"], first["outcome"]) == ("cron", "done")
        assert json.loads(first["removed"])["ocr_requests"] == 2500


async def test_the_migration_schedules_the_job_where_pg_cron_is_there_already(
    server: PostgresServer, tmp_path: Path
) -> None:
    options = StackOptions(
        data_dir=server.directory.path, durable=False, service=False, seed=False, migrations_dir=tmp_path
    )
    # The roles and no migration.
    await prepare_database(server, options)
    await install(server)
    await migrate(server)
    async with connected(server, "postgres") as owner:
        assert await owner.fetchval("select schedule from cron.job") == "0 3 * * *"


@asynccontextmanager
async def connected(server: PostgresServer, role: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.url(role))
    try:
        yield connection
    finally:
        await connection.close()
