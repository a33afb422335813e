"""`medtime migrate up` that is broken off: Ctrl-C, a killed server process, two runs at once. Real processes."""

import asyncio
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.shadow import ShadowDatabase
from tests.cli.command import Command, Start
from tests.serve.copies import until

LISTED = "select array_agg(version order by version) from supabase_migrations.schema_migrations"
SLEEPING = "select pid from pg_stat_activity where application_name = 'medtime-cli' and query ~ $1 and state = 'active'"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The second of three files does not end by itself."""
    (tmp_path / "20260101000000_a.sql").write_text("create table public.a (id int);")
    (tmp_path / "20260101000001_b.sql").write_text("create table public.b ();\nselect pg_sleep(300);")
    (tmp_path / "20260101000002_c.sql").write_text("create table public.c ();")
    return tmp_path


def up(medtime: Start, database: ShadowDatabase, files: Path) -> Command:
    return medtime("migrate", "up", "--dir", str(files), "--db-url", database.database_url)


async def process_that_runs(owner: asyncpg.Connection, pattern: str) -> int:
    deadline = time.monotonic() + 30
    while (pid := await owner.fetchval(SLEEPING, pattern)) is None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return int(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_end_in_the_middle_leaves_whole_files(
    medtime: Start, database: ShadowDatabase, files: Path, owner: asyncpg.Connection, number: signal.Signals
) -> None:
    running = up(medtime, database, files)
    pid = await process_that_runs(owner, "pg_sleep")
    code, out, err = await asyncio.to_thread(running.end, number)
    assert (code, out) == (1, "")
    assert err.startswith("Interrupted at 20260101000001_b.sql, statement 2, line 2.")
    assert "Nothing of 20260101000001_b.sql stays." in err
    assert "Applied in this run: 20260101000000." in err
    assert "Traceback" not in err
    assert await owner.fetchval(LISTED) == ["20260101000000"]
    # And the server does not go on with it.
    deadline = time.monotonic() + 30
    while await owner.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert await owner.fetchval("select to_regclass('public.b') is null")

    (files / "20260101000001_b.sql").write_text("create table public.b ();")
    code, out, err = await asyncio.to_thread(up(medtime, database, files).finish)
    assert (code, out, err) == (0, "Applied: 2.\n", "")


async def test_ctrl_c_while_an_index_is_made_concurrently_tells_of_what_may_be_left(
    medtime: Start, database: ShadowDatabase, files: Path, owner: asyncpg.Connection
) -> None:
    (files / "20260101000001_b.sql").write_text("create index concurrently i on public.a (id);")
    await owner.execute("create table public.a (id int)")
    (files / "20260101000000_a.sql").write_text("select 1;")
    other = await asyncpg.connect(database.database_url)
    await other.execute("begin; select * from public.a")
    await other.execute("lock table public.a in row exclusive mode")
    running = up(medtime, database, files)
    # It is in the catalog before it waits for the transaction of the other.
    await until(owner, "select count(*) > 0 from pg_index where indexrelid = to_regclass('public.i')")
    code, _, err = await asyncio.to_thread(running.end, signal.SIGINT)
    assert code == 1
    assert "Interrupted at 20260101000001_b.sql, statement 1, line 1." in err
    assert "`medtime migrate up` looks for an invalid index first" in err
    await other.execute("commit")
    await other.close()
    code, _, err = await asyncio.to_thread(up(medtime, database, files).finish)
    assert code == 1
    assert "the index public.i is there and invalid" in err
    assert await owner.fetchval(LISTED) == ["20260101000000"]
    await owner.execute("drop index concurrently public.i")
    assert (await asyncio.to_thread(up(medtime, database, files).finish))[:2] == (0, "Applied: 2.\n")


async def test_a_killed_server_process_is_told(
    medtime: Start, database: ShadowDatabase, files: Path, owner: asyncpg.Connection
) -> None:
    running = up(medtime, database, files)
    await owner.execute("select pg_terminate_backend($1)", await process_that_runs(owner, "pg_sleep"))
    code, out, err = await asyncio.to_thread(running.finish)
    assert (code, out) == (1, "")
    assert err.startswith("The connection was lost at 20260101000001_b.sql, statement 2, line 2.")
    assert "Nothing of 20260101000001_b.sql stays." in err
    assert "Traceback" not in err
    assert await owner.fetchval(LISTED) == ["20260101000000"]
    assert await owner.fetchval("select to_regclass('public.b') is null")


async def test_two_runs_at_once_apply_everything_once(
    medtime: Start, database: ShadowDatabase, files: Path, owner: asyncpg.Connection
) -> None:
    (files / "20260101000001_b.sql").write_text("create table public.b ();\nselect pg_sleep(1);")
    both = [up(medtime, database, files) for _ in range(2)]
    answers = [await asyncio.to_thread(one.finish) for one in both]
    assert sorted(answers) == [(0, "Applied: 3.\n", ""), (0, "Everything is applied.\n", "")]
    assert await owner.fetchval(LISTED) == ["20260101000000", "20260101000001", "20260101000002"]
