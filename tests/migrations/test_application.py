"""A file and its row in the history: both, or neither."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from medtime_backend.local.shadow import ShadowDatabase
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.history import Recorded, read_history
from medtime_backend.migrations.journal import Journal
from tests.migrations.applying import IMPATIENT, exists, listed, up
from tests.migrations.directory import Write


async def test_a_file_that_fails_leaves_nothing_and_is_told(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(
        v20260101000000_good="create table public.good ();",
        v20260101000001_bad="create table public.bad ();\n\n-- why\nselect 1,\n  1 / 0;\nselect 2;",
        v20260101000002_later="create table public.later ();",
    )
    with pytest.raises(MigrationError) as fault:
        await up(owner, directory)
    assert str(fault.value) == "20260101000001_bad.sql, statement 2, line 4: 22012 division by zero."
    assert fault.value.details == (
        "select 1,",
        "  1 / 0",
        "Nothing of 20260101000001_bad.sql stays.",
        "Applied in this run: 20260101000000.",
        "`medtime migrate up` goes on from there.",
    )
    assert await listed(owner) == ["20260101000000"]
    assert [await exists(owner, f"public.{name}") for name in ("good", "bad", "later")] == [True, False, False]


async def test_the_line_is_the_one_the_server_names(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="select 1;\n/* a\n*/ select\n  1,\n  missing\n;")
    with pytest.raises(MigrationError, match=r"1_a\.sql, statement 2, line 5: 42703 column \"missing\" does not exist"):
        await up(owner, directory)


async def test_p15_rows_have_name_and_statements_and_no_other_column_is_needed(
    owner: asyncpg.Connection, write: Write
) -> None:
    """P15: a hosted history has more columns; ours names its own."""
    directory = write(v20260101000000_a="select 1; -- b\nselect 2;")
    await up(owner, directory)
    await owner.execute(
        "alter table supabase_migrations.schema_migrations add created_by text, add idempotency_key text unique, "
        "add rollback text[]"
    )
    write(v20260101000001_="", v20260101000002_c="-- only this\n")
    await up(owner, directory)
    assert await read_history(owner) == [
        Recorded("20260101000000", "a", ("select 1", "-- b\nselect 2")),
        Recorded("20260101000001", "", ()),
        Recorded("20260101000002", "c", ("-- only this",)),
    ]


@pytest.mark.parametrize("columns", ["version text primary key", "version text primary key, statements text[]"])
async def test_a_history_of_an_old_cli_is_read_and_completed(
    owner: asyncpg.Connection, write: Write, columns: str
) -> None:
    await owner.execute("drop table supabase_migrations.schema_migrations")
    await owner.execute(f"create table supabase_migrations.schema_migrations ({columns})")
    await owner.execute("insert into supabase_migrations.schema_migrations values ('20260101000000')")
    assert await listed(owner) == ["20260101000000"]
    assert await up(owner, write(v20260101000000_a="select 1 / 0", v20260101000001_b="select 1")) == ["20260101000001"]


async def test_p7_a_lock_holds_for_the_rest_of_its_file(owner: asyncpg.Connection, write: Write) -> None:
    """P7: LOCK TABLE needs a real transaction block."""
    directory = write(v1_a="create table t (id int);", v2_b="lock table t;\nalter table t add a int;")
    assert await up(owner, directory) == ["1", "2"]


async def test_nothing_of_a_session_reaches_the_next_file(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(
        v1_set="set role anon; set search_path = pg_catalog; set lock_timeout = '4s';",
        v2_temporary="set search_path = pg_temp; create temp table left_over (); prepare p as select 1; listen a;",
        v3_see="create table public.seen as select current_user::text as role, current_setting('search_path') as path,"
        " current_setting('lock_timeout') as lock, to_regclass('pg_temp.left_over') is null as clean;",
    )
    before = await owner.fetchval("select current_setting('search_path')")
    await up(owner, directory)
    assert tuple(await owner.fetchrow("select * from public.seen")) == ("postgres", before, "5s", True)
    assert await owner.fetchval("select current_setting('lock_timeout')") == "0"


async def test_p19_a_lock_that_is_not_free_is_waited_for_and_told(
    database: ShadowDatabase, owner: asyncpg.Connection, write: Write
) -> None:
    """P19: the time-out is the transaction's, named in the error, and the file is tried again."""
    directory = write(v1_a="create table t (id int);")
    await up(owner, directory)
    write(v2_b="create table u (); alter table t add a int;")
    other = await asyncpg.connect(database.database_url, server_settings={"application_name": "a long report"})
    await other.execute("begin; select * from t")
    with pytest.raises(MigrationError) as fault:
        await up(owner, directory, patience=IMPATIENT)
    assert str(fault.value).startswith("2_b.sql, statement 2, line 1: 55P03 canceling statement due to lock timeout")
    assert any(
        line.startswith("Tried 2 times, waiting 0.2 s for each lock.") and "--lock-timeout" in line
        for line in fault.value.details
    )
    assert any("a long report, idle in transaction" in line for line in fault.value.details)
    assert "Nothing of 2_b.sql stays." in fault.value.details
    assert not await exists(owner, "public.u")

    running = asyncio.create_task(up(owner, directory, patience=replace(IMPATIENT, tries=1000)))
    await asyncio.sleep(0.5)
    await other.execute("commit")
    assert await running == ["2"]
    await other.close()


async def test_a_permission_that_is_missing_is_told(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="create table public.t ();")
    await up(owner, directory)
    write(v2_b="alter table auth.users add column a int;")
    with pytest.raises(MigrationError, match="42501 must be owner of table users") as fault:
        await up(owner, directory)
    assert "This role may not do that: use the one that owns the schema, postgres." in fault.value.details


async def test_an_enum_value_that_is_used_at_once_is_told(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(
        v1_a="create type mood as enum ('ok');",
        v2_b="alter type mood add value 'sad';\nselect 'sad'::mood;",
    )
    with pytest.raises(MigrationError, match=r"2_b\.sql, statement 2, line 2: 55P04") as fault:
        await up(owner, directory)
    assert any("a later file" in line for line in fault.value.details)
    (directory / "2_b.sql").write_text("alter type mood add value 'sad';")
    write(v3_c="select 'sad'::mood;")
    assert await up(owner, directory) == ["2", "3"]


async def test_what_the_server_alone_understands_is_applied(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="create table t (a int, b int generated always as (a + 1) virtual);\nselect 1;")
    if owner.get_server_version().major < 18:
        with pytest.raises(MigrationError, match=r"1_a\.sql, statement 1, line 1: 42601 syntax error"):
            await up(owner, directory)
    else:
        assert await up(owner, directory) == ["1"]


async def test_a_commit_that_is_refused_leaves_nothing(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(
        v1_a="create table t (id int primary key, of int references t deferrable initially deferred);",
        v2_b="create table u ();\ninsert into t values (1, 2);",
    )
    with pytest.raises(MigrationError, match=r"2_b\.sql, its row in the history or its commit: 23503") as fault:
        await up(owner, directory)
    assert "Nothing of 2_b.sql stays." in fault.value.details
    assert await listed(owner) == ["1"]
    assert not await exists(owner, "u")


async def test_a_block_that_commits_is_refused_by_the_server_and_told(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="create table t ();\ndo $$ begin commit; end $$;")
    with pytest.raises(MigrationError, match="2D000") as fault:
        await up(owner, directory)
    assert any("ends a transaction" in line for line in fault.value.details)
    assert not await exists(owner, "public.t")


async def test_the_journal_is_told_of_each_statement(owner: asyncpg.Connection, write: Write) -> None:
    seen: list[tuple[str, int]] = []
    journal = Journal(lambda migration, number: seen.append((migration.version, number)))
    await up(owner, write(v1_a="select 1; select 2; -- end\n", v2_b="select 3"), journal=journal)
    assert seen == [("1", 1), ("1", 2), ("1", 3), ("2", 1)]
