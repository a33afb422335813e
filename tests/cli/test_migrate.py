"""`medtime migrate`, as an operator types it: what it says, and its exit codes."""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from medtime_backend.local.shadow import Shadow, ShadowDatabase
from medtime_backend.migrations import migrations_directory, read_migrations
from tests.cli.in_process import Answer, run
from tests.cli.pooler import pooler

Migrate = Callable[..., Awaitable[Answer]]
LISTED = "select version, name, statements from supabase_migrations.schema_migrations order by 1"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two good files in a directory whose path has a space."""
    directory = tmp_path / "my migrations"
    directory.mkdir()
    (directory / "20260101000000_a.sql").write_text("create table public.a ();\nselect 1;\n")
    (directory / "20260101000001_b.sql").write_text("create table public.b ();\n")
    return directory


@pytest.fixture
def migrate(database: ShadowDatabase, files: Path, monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """Run `medtime migrate …` on the files and the database."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", database.database_url)

    async def call(command: str, *arguments: str) -> Answer:
        return await run("migrate", command, "--dir", str(files), *arguments)

    return call


async def test_up_applies_and_status_shows(migrate: Migrate) -> None:
    before = await migrate("status", "--json")
    assert [(one["version"], one["state"]) for one in before.json["migrations"]] == [
        ("20260101000000", "pending"),
        ("20260101000001", "pending"),
    ]
    assert before.code == 0
    done = await migrate("up")
    assert (done.code, done.out, done.err) == (0, "Applied: 2.\n", "")
    again = await migrate("up", "--json")
    assert (again.code, again.json) == (0, {"applied": []})
    shown = await migrate("status")
    assert shown.code == 0
    assert "20260101000000" in shown.out
    assert "2026-01-01 00:00:01" in shown.out
    assert "2 applied" in shown.out
    assert "when something was applied is not known" in shown.err


async def test_all_our_migrations_are_applied_and_verified(database: ShadowDatabase) -> None:
    url = ("--db-url", database.database_url)
    done = await run("migrate", "up", *url, "--json")
    assert done.json["applied"] == [one.version for one in read_migrations(migrations_directory())]
    assert (await run("migrate", "status", *url)).code == 0
    verified = await run("migrate", "verify", *url, "--json")
    assert verified.code == 0
    assert verified.json["findings"] == []


async def test_a_dry_run_says_what_would_run_and_writes_nothing(
    migrate: Migrate, files: Path, owner: asyncpg.Connection
) -> None:
    (files / "20260101000002_c.sql").write_text("create index concurrently i on public.a (id);")
    await owner.execute("drop schema supabase_migrations cascade")
    shown = await migrate("up", "--dry-run")
    assert shown.code == 0
    assert "20260101000000_a.sql (2 statements)" in shown.out
    assert "    create table public.a ()" in shown.out
    assert "1, line 1:  outside of a transaction" in shown.out
    assert "Would be applied: 3." in shown.out
    machine = (await migrate("up", "--dry-run", "--json")).json["pending"]
    assert [one["file"][:14] for one in machine] == ["20260101000000", "20260101000001", "20260101000002"]
    assert [one["outside_transaction"] for one in machine] == [[], [], [1]]
    assert not await owner.fetchval("select to_regnamespace('supabase_migrations') is not null")


async def test_a_failure_is_told_without_a_traceback(migrate: Migrate, files: Path) -> None:
    (files / "20260101000001_b.sql").write_text("select 1;\nselect 1 / 0;")
    failed = await migrate("up", "--json")
    assert failed.code == 1
    assert failed.json["applied"] == ["20260101000000"]
    assert failed.json["error"] == "20260101000001_b.sql, statement 2, line 2: 22012 division by zero."
    assert "Nothing of 20260101000001_b.sql stays." in failed.json["details"]
    assert "22012 division by zero" in failed.err
    assert "Traceback" not in failed.err
    (files / "20260101000001_b.sql").write_text("select 1;")
    assert (await migrate("up", "--json")).json == {"applied": ["20260101000001"]}


async def test_p10_out_of_order_is_refused_and_include_all_applies_it(migrate: Migrate, files: Path) -> None:
    assert (await migrate("up")).code == 0
    (files / "20250101000000_z.sql").write_text("select 1;")
    assert (await migrate("status")).code == 1
    for options in ((), ("--dry-run",)):
        refused = await migrate("up", *options)
        assert refused.code == 1
        assert "20250101000000_z.sql" in refused.err
        assert "--include-all" in refused.err
    assert (await migrate("up", "--include-all", "--json")).json == {"applied": ["20250101000000"]}


async def test_p14_status_and_verify_show_the_changed_statement(migrate: Migrate, files: Path) -> None:
    await migrate("up")
    (files / "20260101000000_a.sql").write_text("create table public.a ();\nselect 2;\n")
    shown = await migrate("status")
    assert shown.code == 1
    assert "statement 2, line 2 differs from what was applied" in shown.out
    verified = await migrate("verify")
    assert verified.code == 1
    assert "error drift 20260101000000_a.sql, statement 2, line 2" in verified.out


async def test_p13_other_names_are_warned_of_once(migrate: Migrate, files: Path) -> None:
    for name in (".DS_Store", "notes.md"):
        (files / name).write_text("")
    done = await migrate("up")
    assert (done.code, done.out) == (0, "Applied: 2.\n")
    assert done.err == "Passed over, since they are not named <version>_<name>.sql: .DS_Store, notes.md\n"


async def test_p8_a_commit_in_a_file_is_refused_before_anything_is_applied(
    migrate: Migrate, files: Path, owner: asyncpg.Connection
) -> None:
    (files / "20260101000001_b.sql").write_text("select 1;\ncommit;\nbegin;\nselect 2;")
    assert (await migrate("verify", "--offline")).code == 1
    refused = await migrate("up")
    assert refused.code == 1
    assert "20260101000001_b.sql, statement 2, line 2: begins or ends a transaction" in refused.err
    assert await owner.fetch(LISTED) == []


async def test_p39_the_transaction_pooler_is_refused_by_name(migrate: Migrate, database: ShadowDatabase) -> None:
    by_port = await migrate("up", "--db-url", "postgresql://postgres:secret@127.0.0.1:6543/postgres")
    assert by_port.code == 2
    assert "Port 6543 goes through a transaction pooler" in by_port.err
    assert "secret" not in by_port.err
    async with pooler(database.database_url) as url:
        refused = await migrate("up", "--db-url", url)
        assert refused.code == 2
        assert "goes through a transaction pooler" in refused.err
        assert "port 5432" in refused.err
        # Reading needs no session.
        assert (await migrate("status", "--db-url", url)).code == 0


async def test_a_replica_or_a_read_only_database_is_told(
    migrate: Migrate, database: ShadowDatabase, empty_server: Shadow
) -> None:
    administrator = await asyncpg.connect(empty_server.database.admin_database_url)
    await administrator.execute(f"alter database {database.name} set default_transaction_read_only = on")
    await administrator.close()
    refused = await migrate("up")
    assert refused.code == 2
    assert "This database is read-only" in refused.err
    assert (await migrate("status")).code == 0


async def test_a_role_that_may_not_is_told(
    migrate: Migrate, database: ShadowDatabase, owner: asyncpg.Connection
) -> None:
    await owner.execute("drop schema supabase_migrations cascade")
    await owner.execute("create role nobody_much login password 'nobody'")
    parts = urlsplit(database.database_url)
    url = urlunsplit(parts._replace(netloc=f"nobody_much:nobody@{parts.hostname}:{parts.port}"))
    try:
        refused = await migrate("up", "--db-url", url)
    finally:
        await owner.execute("drop role nobody_much")
    assert refused.code == 2
    assert "This role may not do that" in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize("command", ["status", "up", "verify"])
async def test_no_database_is_could_not_check(command: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("20260101000000_a.sql", "20260101000001_b.sql"):
        (files / file).write_text("select 1;")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql://postgres:secret@127.0.0.1:{nobody.getsockname()[1]}/postgres"
        away = await run("migrate", command, "--dir", str(files), "--db-url", url)
    assert away.code == 2
    assert "cannot be reached" in away.err
    wrong = await run("migrate", command, "--dir", str(files), "--db-url", "mysql://a:secret@b/c")
    assert wrong.code == 2
    assert "not one of Postgres" in wrong.err
    monkeypatch.delenv("MEDTIME_ADMIN_DATABASE_URL", raising=False)
    monkeypatch.chdir(files)
    nothing = await run("migrate", command, "--dir", str(files))
    assert nothing.code == 2
    assert "Which database?" in nothing.err
    assert all("secret" not in one.err for one in (away, wrong))


async def test_a_directory_that_is_not_there_is_told(migrate: Migrate, tmp_path: Path) -> None:
    for command, code in (("status", 2), ("up", 1), ("verify", 2), ("new", 1)):
        arguments = ("x",) if command == "new" else ()
        answer = await migrate(command, "--dir", str(tmp_path / "missing"), *arguments)
        assert answer.code == code, command
        assert "No such file or directory" in answer.err


async def test_verify_needs_no_database(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDTIME_ADMIN_DATABASE_URL", raising=False)
    (files / "20260101000001_b.sql").write_text("select 1;")
    answer = await run("migrate", "verify", "--dir", str(files), "--offline")
    assert answer.code == 1
    assert "error table-without-rights 20260101000000_a.sql, statement 1, line 1" in answer.out
    assert "2 files: 1 errors, 0 warnings." in answer.out


async def test_p17_new_writes_the_last_file_and_prints_its_path(migrate: Migrate, files: Path) -> None:
    (files / "20991231235959_future.sql").write_text("")
    made = await migrate("new", "add_reminders")
    assert (made.code, made.out) == (0, f"{files}/21000101000000_add_reminders.sql\n")
    assert (await migrate("new", "and_more", "--json")).json == {"path": f"{files}/21000101000001_and_more.sql"}
    refused = await migrate("new", "Add Reminders")
    assert refused.code == 1
    assert "add_reminders, perhaps" in refused.err


async def test_new_writes_into_the_project_where_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    made = await run("migrate", "new", "a")
    (written,) = (tmp_path / "supabase" / "migrations").iterdir()
    assert made.out == f"supabase/migrations/{written.name}\n"


async def test_repair_marks_both_ways_and_asks_before_a_row_is_lost(
    migrate: Migrate, files: Path, owner: asyncpg.Connection
) -> None:
    marked = await migrate("repair", "20260101000000", "20260101000001", "--status", "applied")
    assert (marked.code, marked.out) == (0, "Marked as applied: 20260101000000, 20260101000001.\n")
    assert [tuple(row) for row in await owner.fetch(LISTED)] == [
        ("20260101000000", "a", ["create table public.a ()", "select 1"]),
        ("20260101000001", "b", ["create table public.b ()"]),
    ]
    # Nothing is lost by writing the same row again.
    assert (await migrate("repair", "20260101000000", "--status", "applied")).code == 0

    (files / "20260101000001_b.sql").unlink()
    refused = await migrate("repair", "20260101000001", "--status", "reverted")
    assert refused.code == 1
    assert "No file here has 20260101000001: save it first" in refused.err
    assert len(await owner.fetch(LISTED)) == 2
    planned = await migrate("repair", "20260101000001", "--status", "reverted", "--dry-run")
    assert "Would be marked as reverted: 20260101000001." in planned.out
    assert len(await owner.fetch(LISTED)) == 2
    done = await migrate("repair", "20260101000001", "--status", "reverted", "--yes")
    assert done.code == 0
    # It was in no other place.
    assert "create table public.b ()" in done.out
    assert [row["version"] for row in await owner.fetch(LISTED)] == ["20260101000000"]

    (files / "20260101000000_a.sql").write_text("select 2;")
    assert (await migrate("repair", "20260101000000", "--status", "applied")).code == 1
    done = await migrate("repair", "20260101000000", "--status", "applied", "--yes", "--json")
    assert done.json["repair"]["lost"][0]["statements"] == ["create table public.a ()", "select 1"]
    assert (await migrate("status")).code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("20260101000009", "--status", "applied"), "No file has the version 20260101000009. Nothing was changed."),
        (("1", "2", "--status", "reverted"), "The history does not list the version 1, 2. Nothing was changed."),
    ],
)
async def test_repair_of_a_version_that_is_not_there_is_refused(
    migrate: Migrate, arguments: tuple[str, ...], told: str
) -> None:
    refused = await migrate("repair", *arguments)
    assert refused.code == 1
    assert told in refused.err
