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
from medtime_backend.migrations import apply_migrations, migrations_directory, read_migrations
from tests.cli.command import ROOT
from tests.cli.in_process import run
from tests.migrations.splitting_inputs import INPUTS

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

    def official(*arguments: str, directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the CLI the project names
            [deno, "run", "-A", "npm:supabase@2.117.0", *arguments],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    probe = official("--version")
    if probe.returncode != 0:
        pytest.skip(f"the official Supabase CLI cannot be fetched from npm: {probe.stderr.strip()[-200:]}")
    return official


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


async def test_every_hard_text_is_recorded_as_the_official_cli_records_it(
    cli: Cli, tmp_path: Path, urls: tuple[str, str]
) -> None:
    """P2, P3 and all others of the table, but the bodies that it cuts in two."""
    directory = project_of(tmp_path, {})
    for number, case in enumerate(one for one in INPUTS if one.official):
        (directory / f"2026010100{number // 60:02}{number % 60:02}_case.sql").write_bytes(case.text.encode())
    for number, data in enumerate((b"\xef\xbb\xbfselect 1;\nselect 2;", b"", b"-- only\n")):
        (directory / f"202601020000{number:02}_bytes.sql").write_bytes(data)
    ours, theirs = urls
    assert len(await apply(ours, directory)) > 60
    answer = cli("migration", "up", "--db-url", theirs, directory=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert await history(ours) == await history(theirs)


async def test_p1_the_official_cli_takes_what_only_we_can_apply(
    cli: Cli, tmp_path: Path, urls: tuple[str, str]
) -> None:
    """P1: a body with CASE … END, which it cuts in two; what we have applied it lists and leaves alone."""
    hard = {f"2026010100{n // 60:02}{n % 60:02}_case": case.text for n, case in enumerate(INPUTS) if not case.official}
    directory = project_of(tmp_path, hard)
    ours, theirs = urls
    assert cli("migration", "up", "--db-url", theirs, directory=tmp_path).returncode != 0
    assert await apply(ours, directory) == [name[:14] for name in hard]
    assert "up to date" in said(cli("db", "push", "--dry-run", "--db-url", ours, directory=tmp_path))
    listed = cli("migration", "list", "--db-url", ours, directory=tmp_path).stdout
    assert all(listed.count(f"`{name[:14]}`") == 2 for name in hard)


async def test_p5_what_runs_outside_of_a_transaction_is_recorded_alike(
    cli: Cli, tmp_path: Path, urls: tuple[str, str]
) -> None:
    """P5, P6, P7."""
    directory = project_of(
        tmp_path,
        {
            "20260101000000_a": "create table public.t (id int); lock table public.t; alter table public.t add a int;",
            "20260101000001_b": "-- quick\ncreate index concurrently i on public.t (id);\n",
            "20260101000002_c": "drop index concurrently public.i;",
            "20260101000003_d": "vacuum public.t;",
        },
    )
    ours, theirs = urls
    await apply(ours, directory)
    assert cli("migration", "up", "--db-url", theirs, directory=tmp_path).returncode == 0
    assert await history(ours) == await history(theirs)


async def test_push_and_fetch_find_nothing_to_do_after_ours(cli: Cli, project: Path, urls: tuple[str, str]) -> None:
    directory = project / "supabase" / "migrations"
    ours, _ = urls
    await apply(ours, directory)
    pushed = cli("db", "push", "--dry-run", "--db-url", ours, directory=project)
    assert pushed.returncode == 0, pushed.stderr
    assert "up to date" in said(pushed)

    before = {path.name for path in directory.iterdir()}
    rows = await history(ours)
    fetched = cli("migration", "fetch", "--db-url", ours, directory=project)
    assert fetched.returncode == 0, fetched.stderr
    assert {path.name for path in directory.iterdir()} == before
    # The files that it writes are those that were applied, to both.
    status = await run("migrate", "status", "--dir", str(directory), "--db-url", ours)
    assert status.code == 0, status.out
    assert await findings(directory, ours) == []
    assert await apply(ours, directory) == []
    assert await history(ours) == rows


@pytest.mark.parametrize("command", [("migration", "up"), ("db", "push", "--yes")], ids=["up", "push"])
async def test_ours_finds_nothing_to_do_after_the_official_cli(
    cli: Cli, project: Path, urls: tuple[str, str], command: tuple[str, ...]
) -> None:
    directory = project / "supabase" / "migrations"
    answer = cli(*command, "--db-url", urls[0], directory=project)
    assert answer.returncode == 0, answer.stderr
    checked = await run("migrate", "status", "--dir", str(directory), "--db-url", urls[0])
    assert checked.code == 0, checked.out
    assert await findings(directory, urls[0]) == []
    up = await run("migrate", "up", "--dir", str(directory), "--db-url", urls[0], "--json")
    assert up.json == {"applied": []}


async def test_repair_goes_both_ways(cli: Cli, tmp_path: Path, urls: tuple[str, str]) -> None:
    directory = project_of(tmp_path, {"20260101000000_a": "select 1;\n-- two\nselect 2;", "20260101000001_b": ""})
    ours, theirs = urls
    versions = ("20260101000000", "20260101000001")

    async def repair_by_us(url: str, status: str) -> None:
        options = ("--status", status, "--dir", str(directory), "--db-url", url, "--yes")
        done = await run("migrate", "repair", *versions, *options)
        assert done.code == 0, done.err

    def repair_by_them(url: str, status: str) -> None:
        done = cli("migration", "repair", *versions, "--status", status, "--db-url", url, directory=tmp_path)
        assert done.returncode == 0, done.stderr

    await repair_by_us(ours, "applied")
    repair_by_them(theirs, "applied")
    assert await history(ours) == await history(theirs) != []
    assert "up to date" in said(cli("db", "push", "--dry-run", "--db-url", ours, directory=tmp_path))
    repair_by_them(ours, "reverted")
    await repair_by_us(theirs, "reverted")
    assert await history(ours) == await history(theirs) == []
    shown = await run("migrate", "status", "--dir", str(directory), "--db-url", ours, "--json")
    assert [one["state"] for one in shown.json["migrations"]] == ["pending", "pending"]


async def test_p11_both_order_versions_alike(cli: Cli, tmp_path: Path, urls: tuple[str, str]) -> None:
    names = ("1_a", "10_b", "2_c", "20260522_d", "20260522000001_e")
    directory = project_of(tmp_path, dict.fromkeys(names, "select 1;"))
    ours, theirs = urls
    applied = await apply(ours, directory)
    assert cli("migration", "up", "--db-url", theirs, directory=tmp_path).returncode == 0
    assert await history(ours) == await history(theirs)
    assert [row[0] for row in await history(theirs)] == applied == ["1", "10", "2", "20260522", "20260522000001"]
    assert "up to date" in said(cli("db", "push", "--dry-run", "--db-url", ours, directory=tmp_path))


async def test_p10_both_refuse_what_is_out_of_order_or_has_no_file(
    cli: Cli, tmp_path: Path, urls: tuple[str, str]
) -> None:
    directory = project_of(tmp_path, {"20260101000001_b": "select 1;"})
    url = urls[0]
    await apply(url, directory)
    (directory / "20260101000000_a.sql").write_text("select 2;")
    options = ("--dir", str(directory), "--db-url", url)
    refused = cli("db", "push", "--dry-run", "--db-url", url, directory=tmp_path)
    assert refused.returncode == 1
    assert "--include-all" in said(refused)
    late = await run("migrate", "up", *options)
    assert (late.code, "--include-all" in late.err) == (1, True)
    assert (await run("migrate", "up", *options, "--include-all")).code == 0
    assert "up to date" in said(cli("db", "push", "--dry-run", "--db-url", url, directory=tmp_path))

    (directory / "20260101000000_a.sql").unlink()
    assert "repair --status reverted" in said(cli("db", "push", "--dry-run", "--db-url", url, directory=tmp_path))
    alone = await run("migrate", "up", *options)
    assert alone.code == 1
    assert "Do not mark them as reverted" in alone.err
    # The advice works: it brings the file back, and nothing is lost.
    assert cli("migration", "fetch", "--db-url", url, directory=tmp_path).returncode == 0
    assert (await run("migrate", "status", *options)).code == 0


def project_of(folder: Path, files: dict[str, str]) -> Path:
    """A Supabase project with our configuration and these migrations; their directory."""
    directory = folder / "supabase" / "migrations"
    directory.mkdir(parents=True)
    shutil.copy(ROOT / "supabase" / "config.toml", folder / "supabase")
    for name, text in files.items():
        (directory / f"{name}.sql").write_text(text)
    return directory


async def findings(directory: Path, url: str) -> list[str]:
    """What `verify` says, but of the sample's own tables, which have no rights, and of locks."""
    found = await run("migrate", "verify", "--dir", str(directory), "--db-url", url, "--json")
    return [one["rule"] for one in found.json["findings"] if not one["rule"].startswith(("table-", "lock/"))]


def said(answer: subprocess.CompletedProcess[str]) -> str:
    return answer.stdout + answer.stderr
