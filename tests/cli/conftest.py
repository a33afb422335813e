"""Starts the real command, and sees to it that nothing outlives a test."""

import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.cli.command import MEDTIME, ROOT, Command, Start, wait_for


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A path with a space, as every other home directory has one."""
    return tmp_path / "dev data"


@pytest.fixture
def medtime(data_dir: Path) -> Iterator[Start]:
    """Start `medtime` with arguments; whatever the test does, nothing outlives it."""
    started: list[Command] = []

    def start(*arguments: str, prefix: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> Command:
        mark = uuid.uuid4().hex
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*prefix, *MEDTIME, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_MARK": mark, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(Command(process, mark, data_dir))
        return started[-1]

    yield start
    # All before any check: the runs of a test share a data directory.
    for command in started:
        if command.process.poll() is None:
            command.process.terminate()
        command.process.communicate(timeout=60)
    for command in started:
        assert wait_for(lambda command=command: not command.living()), command.living()


@pytest.fixture
def dev(medtime: Start, data_dir: Path) -> Start:
    """Start `medtime dev --json` on the data directory."""

    def start(*arguments: str, **options: Any) -> Command:
        ports = () if "--port" in arguments else ("--port", "0")
        return medtime("dev", "--json", "--data-dir", str(data_dir), *ports, *arguments, **options)

    return start


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadow]:
    """Supabase's roles and none of our migrations."""
    with Shadow(migrations_dir=tmp_path_factory.mktemp("none")) as shadow:
        yield shadow


@pytest.fixture
async def database(empty_server: Shadow) -> AsyncIterator[ShadowDatabase]:
    """A database without our migrations, for one test."""
    async with empty_server.copy() as database:
        yield database


@pytest.fixture
async def owner(database: ShadowDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it as postgres."""
    connection = await asyncpg.connect(database.database_url)
    yield connection
    await connection.close()
