"""Statements that no transaction block takes: alone, with the row after them."""

import asyncio

import asyncpg
import pytest

from medtime_backend.local.shadow import ShadowDatabase
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.splitting import split
from medtime_backend.migrations.transaction_blocks import ends_transaction, stands_alone
from tests.migrations.applying import exists, listed, up
from tests.migrations.directory import Write

INVALID = "select indexrelid::regclass::text from pg_index where not indisvalid"


async def test_p5_an_index_is_made_concurrently_and_then_listed(owner: asyncpg.Connection, write: Write) -> None:
    """P5, P6: outside of a transaction, in a file of their own or among others."""
    directory = write(
        v1_a="create table t (id int);",
        v2_b="create index concurrently i on t (id);",
        v3_c="create table before ();\ncreate index concurrently j on t (id);\ncreate table after ();\n-- end",
        v4_d="drop index concurrently i;",
        v5_e="reindex table concurrently t;",
        v6_f="vacuum t;",
    )
    assert await up(owner, directory) == ["1", "2", "3", "4", "5", "6"]
    assert [await exists(owner, name) for name in ("i", "j", "before", "after")] == [False, True, True, True]
    assert await owner.fetchval(INVALID) is None


async def test_p5_an_invalid_index_of_an_earlier_try_is_told_with_the_way_out(
    owner: asyncpg.Connection, write: Write
) -> None:
    """P5: IF NOT EXISTS would pass over it, and the history would list an index that nobody uses."""
    directory = write(
        v1_a='create table t (id int); insert into t values (1), (1); create schema "S; x"; '
        'create table "S; x".t (id int);',
        v2_b="create unique index concurrently if not exists i on public.t (id);",
    )
    with pytest.raises(MigrationError, match=r"2_b\.sql, statement 1, line 1: 23505 could not create unique") as fault:
        await up(owner, directory)
    assert "Invalid and to be removed: DROP INDEX CONCURRENTLY public.i;" in fault.value.details
    assert not any(line.startswith("Nothing of") for line in fault.value.details)
    assert await listed(owner) == ["1"]

    await owner.execute("truncate t")
    with pytest.raises(MigrationError, match=r"the index public\.i is there and invalid, left by an earlier") as fault:
        await up(owner, directory)
    assert any("DROP INDEX CONCURRENTLY public.i;" in line for line in fault.value.details)
    assert await listed(owner) == ["1"]

    await owner.execute("drop index concurrently public.i")
    assert await up(owner, directory) == ["2"]


async def test_what_stays_of_a_divided_file_is_told(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="create table t (id int);\ncreate index concurrently i on t (id);\nselect 1;\nselect 1 / 0;")
    with pytest.raises(MigrationError, match=r"1_a\.sql, statement 4, line 4: 22012") as fault:
        await up(owner, directory)
    assert any("statements 1 to 2 stay" in line and "repair 1 --status applied" in line for line in fault.value.details)
    assert await exists(owner, "i")
    assert await listed(owner) == []


async def test_a_statement_that_only_the_server_knows_to_stand_alone_is_run_alone(
    owner: asyncpg.Connection, write: Write
) -> None:
    directory = write(
        v1_a="create table t (id int) partition by range (id);\n"
        "create table u partition of t for values from (0) to (9);\ncreate index i on t (id);",
        v2_b="create table before ();\nreindex table t;\ncreate table after ();",
    )
    assert await up(owner, directory) == ["1", "2"]
    assert await exists(owner, "after")


async def test_set_transaction_in_the_wrong_place_is_an_error_and_not_run_alone(
    owner: asyncpg.Connection, write: Write
) -> None:
    directory = write(v1_a="select 1;\nset transaction isolation level serializable;")
    with pytest.raises(MigrationError, match=r"statement 2, line 2: 25001"):
        await up(owner, directory)
    assert await listed(owner) == []


async def test_a_concurrent_index_waits_for_a_transaction_longer_than_for_a_lock(
    database: ShadowDatabase, owner: asyncpg.Connection, write: Write
) -> None:
    directory = write(v1_a="create table t (id int);")
    await up(owner, directory)
    write(v2_b="create index concurrently i on t (id);")
    other = await asyncpg.connect(database.database_url)
    await other.execute("begin isolation level repeatable read; select 1 from t")
    running = asyncio.create_task(up(owner, directory))
    await asyncio.sleep(6)
    assert not running.done()
    await other.execute("commit")
    assert await running == ["2"]
    await other.close()


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("create index concurrently i on t (a)", True),
        ("create unique index concurrently if not exists i on s.t (a)", True),
        ("create index i on t (a)", False),
        ("drop index concurrently i", True),
        ("drop index i", False),
        ("reindex index concurrently i", True),
        ("reindex (concurrently) table t", True),
        ("reindex table t", False),
        ("reindex schema public", True),
        ("refresh materialized view concurrently v", False),
        ("alter table t detach partition p concurrently", True),
        ("alter table t detach partition p", False),
        ("vacuum", True),
        ("vacuum (analyze) t", True),
        ("analyze t", False),
        ("cluster", True),
        ("cluster t using i", False),
        ("alter system set work_mem = '8MB'", True),
        ("create database d", True),
        ("drop database d", True),
        ("alter database d set work_mem = '8MB'", False),
        ("create tablespace s location '/x'", True),
        ("drop tablespace s", True),
        ("alter type mood add value 'x'", False),
        ("lock table t", False),
        ("insert into t values ('vacuum')", False),
    ],
)
def test_which_statements_stand_alone(text: str, alone: bool) -> None:  # noqa: FBT001 - the table's column
    assert stands_alone(split(text)[0]) is alone


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        *((text, True) for text in ("begin", "start transaction", "commit", "end", "rollback", "abort")),
        *((text, True) for text in ("prepare transaction 'a'", "commit prepared 'a'", "COMMIT AND CHAIN")),
        *((text, False) for text in ("savepoint a", "release a", "rollback to a", "set transaction read only")),
        ("do $$ begin commit; end $$", False),
    ],
)
def test_which_statements_end_a_transaction(text: str, ends: bool) -> None:  # noqa: FBT001 - the table's column
    assert ends_transaction(split(text)[0]) is ends
