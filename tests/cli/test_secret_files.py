"""Addresses that hold a secret, from a file: by the same rule as the service's settings."""

from pathlib import Path

import pytest

from cli.database import VARIABLE
from cli.doctor_deployment import deployment_of
from medtime_backend.local.options import StackInfo
from tests.cli.in_process import run

FILE = f"{VARIABLE}_FILE"
DATABASE = "MEDTIME_DATABASE_URL"


@pytest.fixture(autouse=True)
def _secret(stack: StackInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's variable names a file that holds the address of the stack's database."""
    path = tmp_path / "address"
    path.write_text(stack.database_url + "\n")
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv(FILE, str(path))


async def test_the_operators_database() -> None:
    answer = await run("epoch", "show", "--json")
    assert (answer.code, answer.err) == (0, "")


async def test_one_that_is_not_there_is_named(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE, "/nowhere/secret")
    answer = await run("epoch", "show")
    assert answer.code
    assert f"{FILE} names no file" in answer.err
    assert "/nowhere/secret" not in answer.err
    # What is said on the command line needs no file.
    assert (await run("epoch", "show", "--json", "--db-url", stack.database_url)).code == 0


async def test_one_of_both(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, stack.database_url)
    assert f"set one of {VARIABLE} and {FILE}" in (await run("epoch", "show")).err.replace("\n", " ")


async def test_a_publishers_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """RxNorm's full release has a licence's key in it."""
    monkeypatch.setenv("MEDTIME_CATALOG_RXNORM_URL_FILE", "/nowhere")
    told = (await run("catalog", "seed", "--source", "rxnorm")).err
    assert "MEDTIME_CATALOG_RXNORM_URL_FILE names no file" in told.replace("\n", " ")


async def test_redis_where_a_users_sessions_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out in silence, an erased user's tokens would be good for a minute more."""
    monkeypatch.delenv("MEDTIME_REDIS_URL", raising=False)
    file = tmp_path / "redis"
    monkeypatch.setenv("MEDTIME_REDIS_URL_FILE", str(file))
    erase = ("users", "erase", "nobody@test.medtime.app", "--dry-run")
    told = (await run(*erase)).err
    assert "MEDTIME_REDIS_URL_FILE names no file" in told.replace("\n", " ")
    file.write_text("http://canary.example\n")
    told = (await run(*erase)).err
    assert "MEDTIME_REDIS_URL is no address of Redis" in told.replace("\n", " ")
    assert "canary" not in told
    file.write_text("redis://127.0.0.1:1/0\n")
    assert (await run(*erase)).code == 0
    # What is said on the command line needs no file.
    monkeypatch.setenv("MEDTIME_REDIS_URL_FILE", "/nowhere")
    assert (await run(*erase, "--redis-url", "redis://127.0.0.1:1/0")).code == 0


def test_the_doctor_finds_a_service_whose_database_is_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "address"
    file.write_text("postgresql://medtime_service:secret@db:5432/postgres")
    given = {f"{DATABASE}_FILE": str(file), "MEDTIME_JWKS_URL": "https://auth.medtime.app/.well-known/jwks.json"}
    found = deployment_of(None, None, None, given)
    assert found.settings is not None
    assert (found.settings_fault, found.settings.database_url) == ("", file.read_text())
