"""An empty Supabase database on each Postgres that can be had here, and copies of it to fill."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.migrations.directory import Write
from tests.servers import available


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"postgres-{name}")) for name in ("18", "17", "15")],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadow]:
    """Supabase's roles and schemas, and none of our migrations."""
    binaries = available(request.param)
    if isinstance(binaries, str):
        pytest.skip(binaries)
    with Shadow(postgres_bin=binaries, migrations_dir=tmp_path_factory.mktemp("none")) as shadow:
        yield shadow


@pytest.fixture
async def database(server: Shadow) -> AsyncIterator[ShadowDatabase]:
    """A copy for one test."""
    async with server.copy() as database:
        yield database


@pytest.fixture
async def owner(database: ShadowDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection as postgres, who is no superuser."""
    connection = await asyncpg.connect(database.database_url)
    yield connection
    await connection.close()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of migrations into the test's directory, which is returned."""

    def write(**files: str | bytes) -> Path:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            (tmp_path / f"{name.removeprefix('v')}.sql").write_bytes(data)
        return tmp_path

    return write
