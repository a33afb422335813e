"""Files against the history: what is applied, what waits, what differs, and what is refused."""

import asyncpg
import pytest

from medtime_backend.migrations import read_migrations
from medtime_backend.migrations.comparison import Standing, compare, find_drift
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.history import read_history
from tests.migrations.applying import exists, listed, up
from tests.migrations.directory import Write


async def standings(connection: asyncpg.Connection, directory: object) -> list[Standing]:
    return compare(read_migrations(directory), await read_history(connection))  # type: ignore[arg-type] # a Path


async def test_p10_a_file_before_the_last_applied_one_is_refused_by_name(
    owner: asyncpg.Connection, write: Write
) -> None:
    directory = write(v20260101000001_b="create table b ();")
    await up(owner, directory)
    write(v20260101000000_a="create table a ();", v20260101000002_c="create table c ();")
    with pytest.raises(MigrationError) as fault:
        await up(owner, directory)
    assert str(fault.value) == "1 migration would come before the last applied one: 20260101000000_a.sql."
    assert any("--include-all" in line for line in fault.value.details)
    assert await listed(owner) == ["20260101000001"]
    assert await up(owner, directory, include_all=True) == ["20260101000000", "20260101000002"]
    assert await up(owner, directory) == []


@pytest.mark.parametrize("include_all", [False, True])
async def test_a_version_without_a_file_is_refused_with_advice_that_keeps_the_history(
    owner: asyncpg.Connection,
    write: Write,
    include_all: bool,  # noqa: FBT001 - the case
) -> None:
    directory = write(v20260101000000_a="select 1;", v20260101000001_b="select 2;")
    await up(owner, directory)
    (directory / "20260101000000_a.sql").unlink()
    write(v20260101000002_c="create table c ();")
    with pytest.raises(MigrationError) as fault:
        await up(owner, directory, include_all=include_all)
    assert str(fault.value) == "The database has 1 migration that no file here has: 20260101000000."
    advice = " ".join(fault.value.details)
    assert "supabase migration fetch" in advice
    assert "Do not mark them as reverted" in advice
    assert not await exists(owner, "c")


async def test_p11_versions_of_any_length_are_applied_once(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="create table a ();", v10_b="create table b ();", v2_c="create table c ();")
    write(v20260522_d="create table d ();", v20260522000001_e="create table e ();")
    assert await up(owner, directory) == ["1", "10", "2", "20260522", "20260522000001"]
    assert await up(owner, directory) == []
    assert {one.state for one in await standings(owner, directory)} == {"applied"}


async def test_p8_a_transaction_of_its_own_is_refused_before_the_database_is_touched(
    owner: asyncpg.Connection, write: Write
) -> None:
    """P8: not even the files before it are applied."""
    directory = write(v1_a="create table a ();", v2_b="create table b ();\ncommit;\nbegin;")
    with pytest.raises(MigrationError, match=r"2_b\.sql, statement 2, line 2: begins or ends a transaction"):
        await up(owner, directory)
    write(v2_b="create table b ();\ndiscard all;")
    with pytest.raises(MigrationError, match=r"2_b\.sql, statement 2, line 2: is DISCARD ALL"):
        await up(owner, directory)
    assert await listed(owner) == []
    assert not await exists(owner, "a")


async def test_p14_a_file_that_was_changed_is_told_with_the_statement(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v20260101000000_a="select 1;\n\nselect 2;\n", v20260101000001_b="select 3;")
    await up(owner, directory)
    write(v20260101000000_a="select 1;\n\nselect 22;\n")
    changed, other = await standings(owner, directory)
    assert changed.state == "drifted"
    assert changed.drift is not None
    assert (changed.drift.statement, changed.drift.line) == (2, 3)
    assert (changed.drift.in_file, changed.drift.in_history) == ("select 22", "select 2")
    assert other.state == "applied"
    # It is told, and not run again.
    assert await up(owner, directory) == []


@pytest.mark.parametrize(
    ("text", "recorded", "statement"),
    [
        ("select 1; select 2;", ("select 1",), 2),
        ("select 1;", ("select 1", "select 2"), 2),
        ("", ("select 1",), 1),
        ("select 1;", (), 1),
        ("select 1; -- new\nselect 2", ("select 1", "select 2"), 2),
        ("select 2; select 1;", ("select 1", "select 2"), 1),
    ],
)
def test_added_removed_and_moved_statements_are_drift(
    write: Write, text: str, recorded: tuple[str, ...], statement: int
) -> None:
    (migration,) = read_migrations(write(v1_a=text))
    drift = find_drift(migration, recorded)
    assert drift is not None
    assert drift.statement == statement


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("select 1;\r\nselect\r\n2;", ("select 1", "select\n2")),
        ("select 1;\nselect\n2;", ("select 1;", "select\r\n2;\r\n")),
        (
            "create function f() begin atomic select 1; end; select 2;",
            ("create function f() begin atomic select 1", "end", "select 2"),
        ),
        ("select 1; select 2;", ("select 1; select 2;",)),
    ],
)
def test_line_ends_and_another_way_of_splitting_are_no_drift(
    write: Write, text: str, recorded: tuple[str, ...]
) -> None:
    (migration,) = read_migrations(write(v1_a=text))
    assert find_drift(migration, recorded) is None


async def test_rows_without_statements_cannot_be_compared(owner: asyncpg.Connection, write: Write) -> None:
    directory = write(v1_a="select 1;")
    await up(owner, directory)
    await owner.execute("update supabase_migrations.schema_migrations set statements = null, name = null")
    (found,) = await standings(owner, directory)
    assert (found.state, found.compared) == ("applied", False)
