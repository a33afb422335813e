"""`medtime doctor` on a running stack: what it reads, what it writes, what it does when something is away."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.doctor import examination
from medtime_backend.local.options import StackInfo
from tests.cli.doctor_run import begin_elsewhere, environment_of, examined, options_of, secrets_of, set_environment
from tests.cli.in_process import run
from tests.documents.markdown import read, rows

NOT_THERE = {"TLS certificate", "Auth's settings"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begin_elsewhere(monkeypatch, tmp_path)


@pytest.fixture
def own_environment(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's settings in the environment, as on a machine where it runs."""
    set_environment(monkeypatch, environment_of(stack))


@pytest.fixture
def as_ana(stack: StackInfo, tmp_path: Path) -> tuple[str, ...]:
    return options_of(stack.users[0], tmp_path)


@pytest.fixture
def in_its_directory(stack: StackInfo, tmp_path: Path) -> None:
    """As if `medtime dev` ran here."""
    file = tmp_path / ".medtime" / "dev" / "stack.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(stack.as_json()), encoding="utf-8")


@asynccontextmanager
async def silent_port() -> AsyncIterator[str]:
    """A server that takes connections and says nothing."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.usefixtures("in_its_directory")
async def test_the_stack_of_this_directory_is_well(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    # A slow moment of the machine is no fault of the stack.
    monkeypatch.setattr(examination, "SECONDS", 60)
    monkeypatch.setattr(examination, "AUDIT_SECONDS", 60)
    monkeypatch.setattr(examination, "HTTP_SECONDS", 60)
    report = await examined("--write")
    assert report.code == 0, report.printed
    assert {name for name, one in report.findings.items() if one["result"] == "skipped"} == NOT_THERE
    assert report.result("push, pull and delete") == "ok"
    assert report.result("OCR keys and engine") == report.result("OCR, an image read") == "ok"
    assert [secret for secret in secrets_of(stack) if secret in report.printed] == []
    shown = await run("doctor")
    assert shown.code == 0
    assert "as medtime" not in shown.out
    assert [secret for secret in secrets_of(stack) if secret in shown.out + shown.err] == []


@pytest.mark.usefixtures("in_its_directory")
async def test_nothing_is_changed_without_write(stack: StackInfo, admin: asyncpg.Connection) -> None:
    state = """
    select (select count(*) from public.srv_encrypted_entities), (select count(*) from public.srv_sync_status),
    (select count(*) from auth.sessions), (select max(updated_at) from public.srv_encrypted_entities)
    """
    before = await admin.fetchrow(state)
    report = await examined()
    assert report.result("push, pull and delete") == "skipped"
    assert report.result("a fresh token") == "ok"
    assert await admin.fetchrow(state) == before, stack.base_url


@pytest.mark.usefixtures("in_its_directory")
async def test_with_write_an_empty_tombstone_is_all_that_stays(stack: StackInfo, admin: asyncpg.Connection) -> None:
    await examined("--write")
    rows = await admin.fetch(
        "select deleted_at, blob_size, client_id, user_id from public.srv_encrypted_entities where client_id = 'doctor'"
    )
    assert rows
    assert all(row["deleted_at"] and row["blob_size"] == 0 and row["client_id"] == "doctor" for row in rows)
    assert {str(row["user_id"]) for row in rows} == {stack.users[0].user_id}


@pytest.mark.usefixtures("own_environment")
async def test_the_services_own_environment_is_read(stack: StackInfo, as_ana: tuple[str, ...]) -> None:
    report = await examined("--url", stack.base_url, *as_ana)
    assert report.code == 0, report.printed
    assert {"ok"} == {report.result(name) for name in ("service", "Redis", "migrations", "a fresh token", "Auth")}


async def test_from_outside_alone_the_rest_is_skipped_by_name(stack: StackInfo, as_ana: tuple[str, ...]) -> None:
    """One signs in through the service's relay then."""
    report = await examined("--url", stack.base_url, "--write", *as_ana)
    assert report.code == 0, report.printed
    assert report.result("push, pull and delete") == "ok"
    skipped = {name for name, one in report.findings.items() if one["result"] == "skipped"}
    assert skipped >= {"database, as the operator", "database, as the service", "Redis", "migrations", "Auth", "REST"}


@pytest.mark.usefixtures("own_environment")
async def test_what_is_away_fails_alone(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = "127.0.0.1:1"
    for name, value in {
        "MEDTIME_DATABASE_URL": f"postgresql://medtime_service:tell-nobody@{gone}/postgres",
        "MEDTIME_REDIS_URL": f"redis://:tell-nobody@{gone}/0",
        "MEDTIME_JWKS_URL": f"http://{gone}/jwks.json",
        "MEDTIME_AUTH_URL": f"http://{gone}/auth/v1",
    }.items():
        monkeypatch.setenv(name, value)
    report = await examined("--url", f"http://{gone}")
    assert report.code == 1
    assert report.failures() == {"service", "database, as the service", "Redis", "signing keys (JWKS)", "Auth"}
    assert report.result("migrations") == report.result("database, as the operator") == "ok"
    assert "tell-nobody" not in report.printed
    assert stack.base_url not in report.printed


async def test_who_never_answers_costs_no_more_than_its_time(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    async with silent_port() as silent:
        for name, value in environment_of(stack).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MEDTIME_REDIS_URL", f"redis://{silent}/0")
        monkeypatch.setenv("MEDTIME_DATABASE_URL", f"postgresql://medtime_service:x@{silent}/postgres")
        monkeypatch.setenv("MEDTIME_JWKS_URL", f"http://{silent}/jwks.json")
        report = await examined("--url", f"http://{silent}")
    assert report.seconds < 15
    assert report.failures() == {"service", "database, as the service", "Redis", "signing keys (JWKS)"}


@pytest.mark.usefixtures("own_environment")
async def test_settings_with_which_the_service_would_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDTIME_JWT_ALGORITHMS", "HS256")
    report = await examined()
    assert "MEDTIME_JWT_ALGORITHMS" in report.findings["settings of the service"]["detail"]
    assert report.failures() == {"settings of the service"}
    assert report.result("database, as the service") == "skipped"
    assert report.result("migrations") == "ok"


@pytest.mark.usefixtures("own_environment")
async def test_a_wrong_password_is_a_failure_and_is_not_shown(stack: StackInfo, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("tell-nobody", encoding="utf-8")
    report = await examined(
        "--url", stack.base_url, "--write", "--user", stack.users[0].email, "--password-from", "wrong"
    )
    assert (report.code, report.result("a fresh token")) == (1, "failure")
    assert "invalid_credentials" in report.findings["a fresh token"]["detail"]
    assert report.result("push, pull and delete") == "skipped"
    assert "tell-nobody" not in report.printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which deployment?"),
        (["--url", "http://127.0.0.1:1", "--user", "a@b.c"], "belong together"),
        (["--url", "http://127.0.0.1:1", "--user", "a@b.c", "--password-from", "none"], "cannot be read"),
        (["--url", "http://127.0.0.1:1", "--user", "a@b.c", "--password-from", "empty"], "no password"),
    ],
)
async def test_what_cannot_be_checked_ends_with_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "empty").touch()
    answer = await run("doctor", *arguments)
    assert (answer.code, answer.out, said in answer.err) == (2, "", True)


async def test_addresses_that_are_none_are_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_URL", "nonsense")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "key")
    report = await examined("--url", "http://[half", "--db-url", "secret nonsense")
    assert report.code == 1
    assert report.failures() >= {"service", "database, as the operator", "Auth", "REST"}
    assert "secret" not in report.printed
    assert "broke off" not in report.printed


@pytest.mark.usefixtures("in_its_directory")
async def test_the_page_lists_every_check() -> None:
    listed = {
        name
        for check, *_ in rows(read("docs/doctor.md"), "check", "ok when", "else")
        for name in re.findall(r"`([^`]+)`", check)
    }
    shown = set((await examined()).findings)
    assert listed == shown | {"REST, schema private", "REST, own rows only"}
