"""What a person can put right is one clear line and exit code 1, never a traceback."""

import os
import socket
from pathlib import Path

import pytest

from medtime_backend.local.data_directory import DataDirectory
from tests.cli.command import Start

pytestmark = pytest.mark.xdist_group("dev")


def fail(command_start: Start, *arguments: str, **options: dict[str, str]) -> str:
    code, out, err = command_start(*arguments, **options).finish()
    assert (code, out) == (1, "")
    assert "Traceback" not in err
    return err


def test_a_busy_port_names_its_holder(dev: Start) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        err = fail(dev, "--port", str(port))
    assert err.startswith(f"Port {port} is held by process {os.getpid()} (")
    assert err.count("\n") == 1


def test_serve_does_not_share_a_busy_port(medtime: Start) -> None:
    settings = {"MEDTIME_DATABASE_URL": "postgresql://127.0.0.1/x", "MEDTIME_JWKS_URL": "http://127.0.0.1/x"}
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        err = fail(medtime, "serve", "--port", str(port), environment=settings)
    assert f"process {os.getpid()}" in err


def test_serve_names_the_missing_setting(medtime: Start) -> None:
    assert "MEDTIME_DATABASE_URL" in fail(medtime, "serve")


def test_a_data_directory_in_use_names_the_other_stack(dev: Start, data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    directory.lock()
    try:
        err = fail(dev)
    finally:
        directory.unlock()
    assert f"in use by another stack (process {os.getpid()})" in err


def test_a_stale_lock_file_does_not_matter(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "stack.lock").write_text("1")
    directory = DataDirectory(data_dir)
    directory.lock()
    directory.unlock()


def test_reset_without_yes_asks_and_cannot_here(dev: Start, data_dir: Path) -> None:
    assert "add --yes" in fail(dev, "--reset")
    assert not data_dir.exists()


def test_data_of_another_postgres_is_refused_and_kept(dev: Start, data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")
    err = fail(dev)
    assert "was made by Postgres 12" in err
    assert "--reset" in err
    assert (data_dir / "postgres" / "PG_VERSION").exists()


def test_a_directory_without_postgres_is_named(dev: Start, tmp_path: Path) -> None:
    assert f"{tmp_path} holds no Postgres" in fail(dev, "--postgres-bin", str(tmp_path))


def test_it_never_runs_in_production(dev: Start, data_dir: Path) -> None:
    assert "never runs in production" in fail(dev, environment={"MEDTIME_ENVIRONMENT": "production"})
    assert not data_dir.exists()


def test_a_data_directory_that_cannot_be_made_is_named(medtime: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"{file}/dev cannot be used" in fail(medtime, "dev", "--port", "0", "--data-dir", f"{file}/dev")


def test_help_answer_without_a_stack(medtime: Start) -> None:
    code, out, _ = medtime("--help").finish()
    assert code == 0
    assert "dev" in out
