"""Where migrations run: alone, on a primary, in a session that is theirs."""

import asyncio

import asyncpg
import pytest

from medtime_backend.local.shadow import ShadowDatabase
from medtime_backend.migrations.errors import MigrationError, UncheckedError
from medtime_backend.migrations.session import (
    ADVISORY_LOCK,
    migration_session,
    refuse_pooler,
    refuse_pooler_port,
)
from tests.cli.pooler import pooler
from tests.migrations.applying import listed, up
from tests.migrations.directory import Write
from tests.migrations.sharing_pooler import sharing_pooler
from tests.serve.copies import until


async def test_p39_a_transaction_pooler_is_refused_by_what_it_does(database: ShadowDatabase) -> None:
    async with pooler(database.database_url) as url:
        connection = await asyncpg.connect(url, statement_cache_size=0)
        with pytest.raises(UncheckedError, match=r"goes through a transaction pooler.*port 5432"):
            async with migration_session(connection):
                pass
        await connection.close()


async def test_p39_a_pooler_that_forgets_nothing_is_seen_by_its_server_processes(database: ShadowDatabase) -> None:
    async with sharing_pooler(database.database_url) as url:
        connection = await asyncpg.connect(url, statement_cache_size=0)
        with pytest.raises(UncheckedError, match="This address goes through a transaction pooler"):
            await refuse_pooler(connection, url)
        await connection.close()


async def test_p39_a_direct_connection_is_none(database: ShadowDatabase, owner: asyncpg.Connection) -> None:
    await refuse_pooler(owner, database.database_url)
    refuse_pooler_port(database.database_url)


def test_p39_the_port_of_the_transaction_pooler_is_refused_before_it_is_called() -> None:
    with pytest.raises(UncheckedError, match="Port 6543 goes through a transaction pooler"):
        refuse_pooler_port("postgresql://postgres.ref:secret@aws-0-eu-west-1.pooler.example.com:6543/postgres")


async def test_a_read_only_database_is_refused(database: ShadowDatabase, write: Write) -> None:
    connection = await asyncpg.connect(database.database_url, server_settings={"default_transaction_read_only": "on"})
    with pytest.raises(UncheckedError, match="This database is read-only"):
        await up(connection, write(v1_a="select 1"))
    await connection.close()


async def test_two_runs_at_once_apply_everything_once(database: ShadowDatabase, write: Write) -> None:
    """Also an index that is made concurrently, which waits for the transactions of all others."""
    directory = write(
        v1_a="create table t (id int); select pg_sleep(0.3);",
        v2_b="create index concurrently i on t (id);",
        v3_c="select pg_sleep(0.2);",
    )
    connections = [await asyncpg.connect(database.database_url) for _ in range(4)]
    applied = await asyncio.gather(*(up(connection, directory) for connection in connections))
    assert sorted(applied) == [[], [], [], ["1", "2", "3"]]
    assert await listed(connections[0]) == ["1", "2", "3"]
    for connection in connections:
        await connection.close()


async def test_a_run_that_takes_too_long_is_told_with_who_it_is(
    database: ShadowDatabase, owner: asyncpg.Connection
) -> None:
    other = await asyncpg.connect(database.database_url, server_settings={"application_name": "the other"})
    await other.execute("select pg_advisory_lock($1)", ADVISORY_LOCK)
    with pytest.raises(
        MigrationError, match=rf"running for 0\.3 seconds \(process {other.get_server_pid()}, postgres, the other\)"
    ):
        async with migration_session(owner, wait=0.3):
            pass
    await other.close()
    async with migration_session(owner):
        pass


async def test_the_lock_is_free_after_a_failure(
    database: ShadowDatabase, owner: asyncpg.Connection, write: Write
) -> None:
    with pytest.raises(MigrationError):
        await up(owner, write(v1_a="select 1 / 0"))
    other = await asyncpg.connect(database.database_url)
    assert await other.fetchval("select pg_try_advisory_lock($1)", ADVISORY_LOCK)
    await other.close()


async def test_a_connection_that_is_killed_leaves_nothing(
    database: ShadowDatabase, owner: asyncpg.Connection, write: Write
) -> None:
    directory = write(v1_a="create table a ();", v2_b="create table b ();\nselect pg_sleep(60);")
    connection = await asyncpg.connect(database.database_url)
    running = asyncio.create_task(up(connection, directory))
    sleeps = "select count(*) > 0 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'"
    await until(owner, sleeps, connection.get_server_pid())
    await owner.execute("select pg_terminate_backend($1)", connection.get_server_pid())
    with pytest.raises(MigrationError, match=r"The connection was lost at 2_b\.sql, statement 2, line 2") as fault:
        await running
    assert "Nothing of 2_b.sql stays." in fault.value.details
    assert "Applied in this run: 1." in fault.value.details
    assert await listed(owner) == ["1"]
