"""Our runner and the official Supabase CLI keep one history: what one applies the other lists as applied."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from medtime_backend.migrations import MigrationError, apply_migrations, migrations_directory, read_migrations
from tests.cli.command import ROOT

HISTORY = "select version, name, statements from supabase_migrations.schema_migrations order by version"
SAMPLE = """-- a comment; with a semicolon
create table public.sample (id int); -- behind a statement
/* a block; comment */
create table public.atomic_sample (id int); select 1;;
do $outer$ begin execute $sql$select 1; select 2;$sql$; end $outer$;\r

insert into public.sample values (1);

-- the last comment
"""

pytestmark = pytest.mark.xdist_group("official-cli")
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackInfo]:
    """A database with Supabase's roles and none of our migrations."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "none").mkdir()
    options = StackOptions(
        data_dir=folder / "stack", durable=False, service=False, seed=False, migrations_dir=folder / "none"
    )
    with Stack(options) as info:
        yield info


@pytest.fixture
async def urls(empty: StackInfo) -> AsyncIterator[tuple[str, str]]:
    """Addresses of two copies of the empty database, which a test may fill."""
    owner = await asyncpg.connect(empty.database_url.replace("/postgres?", "/template1?"))
    for name in ("one", "two"):
        await owner.execute(f"create database {name} template postgres")
    yield tuple(empty.database_url.replace("/postgres?", f"/{name}?") for name in ("one", "two"))
    for name in ("one", "two"):
        await owner.execute(f"drop database {name} with (force)")
    await owner.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Supabase project with our configuration and migrations, and one more with every hard case of splitting."""
    shutil.copytree(migrations_directory(), tmp_path / "supabase" / "migrations")
    shutil.copy(ROOT / "supabase" / "config.toml", tmp_path / "supabase")
    (tmp_path / "supabase" / "migrations" / "20200101000000_make_sample.sql").write_bytes(SAMPLE.encode())
    return tmp_path


@pytest.fixture(scope="module")
def cli() -> Cli:
    """The official CLI; skipped where npm cannot be reached and the CLI was never fetched."""
    deno = str(Path(sys.executable).with_name("deno"))

    def run(*arguments: str, directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the CLI the project names
            [deno, "run", "-A", "npm:supabase@2.117.0", *arguments],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    probe = run("--version")
    if probe.returncode != 0:
        pytest.skip(f"the official Supabase CLI cannot be fetched from npm: {probe.stderr.strip()[-200:]}")
    return run


async def history(url: str) -> list[tuple[str, str, list[str]]]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(HISTORY)
    await connection.close()
    return [tuple(row) for row in rows]


async def apply(url: str, directory: Path) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return await apply_migrations(connection, read_migrations(directory))
    finally:
        await connection.close()


async def test_both_tools_write_the_same_rows_and_skip_what_the_other_applied(
    cli: Cli, project: Path, urls: tuple[str, str]
) -> None:
    directory = project / "supabase" / "migrations"
    ours, theirs = urls
    applied = await apply(ours, directory)
    assert applied == sorted(path.name[:14] for path in directory.iterdir())
    answer = cli("migration", "up", "--db-url", theirs, directory=project)
    assert answer.returncode == 0, answer.stderr
    assert await history(ours) == await history(theirs)

    assert await apply(theirs, directory) == []
    answer = cli("migration", "up", "--db-url", ours, directory=project)
    assert "up to date" in answer.stdout + answer.stderr
    listed = cli("migration", "list", "--db-url", ours, directory=project).stdout
    for version in applied:
        assert listed.count(f"`{version}`") == 2


async def test_the_official_cli_accepts_our_configuration(cli: Cli, project: Path, urls: tuple[str, str]) -> None:
    assert cli("migration", "list", "--db-url", urls[0], directory=project).returncode == 0
    config = project / "supabase" / "config.toml"
    text = config.read_text()
    # It does read it: nonsense is refused.
    config.write_text(text.replace("major_version = 17", 'major_version = "many"'))
    assert cli("migration", "list", "--db-url", urls[0], directory=project).returncode != 0


async def test_a_failing_statement_is_named_and_nothing_of_its_file_stays(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "20260101000000_good.sql").write_text("create table public.good ();")
    (tmp_path / "20260101000001_bad.sql").write_text("create table public.bad ();\nselect 1 / 0;")
    with pytest.raises(MigrationError, match=r"20260101000001_bad\.sql, statement 2: 22012 division by zero"):
        await apply(urls[0], tmp_path)
    assert [row[0] for row in await history(urls[0])] == ["20260101000000"]
    connection = await asyncpg.connect(urls[0])
    assert await connection.fetchval(
        "select to_regclass('public.bad') is null and to_regclass('public.good') is not null"
    )
    await connection.close()


async def test_what_a_file_sets_for_its_session_ends_with_it(urls: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "20260101000000_set.sql").write_text("set role anon; set search_path = pg_catalog; reset role;")
    (tmp_path / "20260101000001_role.sql").write_text("set role anon;")
    (tmp_path / "20260101000002_use.sql").write_text("create table seen as select current_user::text as me;")
    await apply(urls[0], tmp_path)
    connection = await asyncpg.connect(urls[0])
    assert await connection.fetchval("select me from public.seen") == "postgres"
    await connection.close()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"20260101000000_a.sql": "selec 1 'x", "README.md": ""}, "20260101000000_a.sql is not valid SQL"),
        ({"20260101000000_a.sql": "", "20260101000000_b.sql": ""}, "have the same version"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_before_anything_is_applied(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(MigrationError, match=message):
        read_migrations(tmp_path)
