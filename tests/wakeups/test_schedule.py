"""P41: pg_cron and pg_net call the sender, and what came of it is told. pg_cron is real, pg_net and vault are twins."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.postgres import PostgresServer
from tests.accounts import add_user
from tests.cleanup.cron_server import PG_CRON, cron_server, install, migrate
from tests.cli.in_process import Answer, run

pytestmark = [
    pytest.mark.xdist_group("pg_cron"),
    pytest.mark.skipif(not PG_CRON.exists(), reason="pg_cron is not installed (Debian: postgresql-15-cron)"),
]

# The signatures and columns of pg_net 0.14 and supabase_vault 0.3, as far as they are used.
NET = """
create schema net;
create table net.asked (id bigint generated always as identity, url text, headers jsonb, timeout integer);
create table net._http_response (
  id bigint, status_code integer, content_type text, headers jsonb, content text, timed_out boolean, error_msg text,
  created timestamptz not null default now()
);
create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000
) returns bigint language sql as 'insert into net.asked (url, headers, timeout) values ($1, $4, $5) returning id';
grant usage on schema net to postgres;
grant all on all tables in schema net to postgres;
"""
VAULT = """
create schema vault;
create table vault.secrets (id uuid primary key default gen_random_uuid(), name text unique, secret text);
create view vault.decrypted_secrets as select id, name, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(new_secret text, new_name text default null, new_description text default '')
returns uuid language sql as 'insert into vault.secrets (secret, name) values ($1, $2) returning id';
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null
) returns void language sql as 'update vault.secrets set secret = $2 where id = $1';
grant usage on schema vault to postgres;
grant all on all tables in schema vault to postgres;
"""
NEVER = "select cron.alter_job(jobid, schedule => '0 0 30 2 *') from cron.job where jobname = 'medtime-wakeups'"
URL = "https://project.test/functions/v1"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with cron_server(workers=True) as running:
        asyncio.run(migrate(running))
        yield running


@pytest.fixture
async def owner(server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.url("postgres"))
    yield connection
    await connection.close()


async def wakeups(server: PostgresServer, *arguments: str) -> Answer:
    return await run("wakeups", *arguments, "--db-url", server.url("postgres"))


async def execute(server: PostgresServer, statements: str) -> None:
    connection = await asyncpg.connect(server.url("supabase_admin"))
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def test_the_sender_is_called_every_minute_when_there_is_something_and_its_answers_are_told(
    server: PostgresServer, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("first\n")
    target = ("schedule", "--functions-url", f"{URL}/", "--key-from", str(key))
    # Each extension that is missing is named.
    for statements, missing in (("", "pg_cron, pg_net, supabase_vault"), (NET, "pg_cron, supabase_vault")):
        if statements:
            await execute(server, statements)
        told = await wakeups(server, *target)
        assert (told.code, f"Not scheduled: {missing} cannot be used" in " ".join(told.err.split())) == (1, True)
    await execute(server, VAULT)
    await install(server)
    assert "Not scheduled" in (await wakeups(server, "status")).err
    assert (await wakeups(server, *target)).code == 0
    key.write_text("another-key\n")
    scheduled = await wakeups(server, *target, "--json")
    assert (scheduled.json["schedule"]["entry"], scheduled.json["schedule"]["active"]) == ("* * * * *", True)
    ((command, name),) = await owner.fetch("select command, jobname from cron.job where jobname = 'medtime-wakeups'")
    # The key is read when it is used, and stands in no job.
    assert "another-key" not in command
    assert name == "medtime-wakeups"
    # From here on the test is the only one to run it: pg_cron's own minute, which would come between, never comes.
    await execute(server, NEVER)

    await owner.execute(command)
    assert await owner.fetch("select from net.asked") == []
    await _let_something_be_due(server)
    await owner.execute(command)
    (asked,) = await owner.fetch("select url, headers::jsonb ->> 'apikey' as key, timeout from net.asked")
    assert tuple(asked) == (f"{URL}/push-notify", "another-key", 55_000)

    # Not answered yet; then each way in which it can go wrong, and well again.
    assert "no answer yet" in (await wakeups(server, "status")).err
    for number, (answer, said, code) in enumerate(
        (
            ("(1, 401, null, null, null, false, null)", "answered 401", 1),
            ("(2, null, null, null, null, null, 'Couldn''t resolve host name')", "Couldn't resolve host name", 1),
            ("(3, null, null, null, null, true, 'Timeout was reached')", "timed out", 1),
            ("(4, 200, null, null, null, false, null)", "answered 200", 0),
        ),
        1,
    ):
        if number > 1:
            await owner.execute(command)
        await owner.execute(f"insert into net._http_response values {answer}")  # noqa: S608 - a constant
        told = await wakeups(server, "status")
        assert (told.code, said in told.err) == (code, True), told.err
    assert (await wakeups(server, "schedule", "--off")).code == 0
    assert await owner.fetch("select from cron.job where jobname = 'medtime-wakeups'") == []


async def _let_something_be_due(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.url("supabase_admin"))
    try:
        user = await add_user(connection)
        await connection.execute(
            "insert into private.wakeup_requests (user_id, caregivers_too) values ($1, false)", user
        )
    finally:
        await connection.close()
