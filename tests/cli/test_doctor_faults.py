"""Each fault of a deployment is found by `medtime doctor`, by name, with the way to mend it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.cli.doctor_run import begin_elsewhere, environment_of, examined, options_of, set_environment


@pytest.fixture(autouse=True)
def own_environment(stack: StackInfo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The service's settings in the environment, as on a machine where it runs."""
    begin_elsewhere(monkeypatch, tmp_path)
    set_environment(monkeypatch, environment_of(stack))


@pytest.fixture
def as_ana(stack: StackInfo, tmp_path: Path) -> tuple[str, ...]:
    return options_of(stack.users[0], tmp_path)


@asynccontextmanager
async def changed(admin: asyncpg.Connection, change: str, back: str) -> AsyncIterator[None]:
    await admin.execute(change)
    try:
        yield
    finally:
        await admin.execute(back)


@pytest.mark.parametrize(
    ("change", "back", "check", "result", "said"),
    [
        (
            "revoke authenticated from medtime_service granted by postgres",
            "grant authenticated to medtime_service granted by postgres",
            "database, as the service",
            "failure",
            "may not become authenticated",
        ),
        (
            "grant service_role to medtime_service",
            "revoke service_role from medtime_service",
            "database, as the service",
            "failure",
            "service_role",
        ),
        (
            "alter role medtime_service reset statement_timeout",
            "alter role medtime_service set statement_timeout = '9s'",
            "time limits of the service",
            "warning",
            "statement_timeout 0 ms",
        ),
        (
            "alter role medtime_service set log_statement = 'all'",
            "alter role medtime_service reset log_statement",
            "Postgres's log",
            "warning",
            "log_statement all",
        ),
        (
            "alter table public.srv_ocr_requests disable row level security",
            "alter table public.srv_ocr_requests enable row level security",
            "RLS and grants",
            "failure",
            "rls-disabled:public.srv_ocr_requests",
        ),
        (
            "grant select on public.srv_push_devices to anon",
            "revoke select on public.srv_push_devices from anon",
            "RLS and grants",
            "failure",
            "srv_push_devices",
        ),
        (
            "revoke execute on function public.custom_access_token_hook(jsonb) from supabase_auth_admin",
            "grant execute on function public.custom_access_token_hook(jsonb) to supabase_auth_admin",
            "access-token hook",
            "failure",
            "lacks execute",
        ),
        (
            "insert into supabase_migrations.schema_migrations (version) values ('29990101000000')",
            "delete from supabase_migrations.schema_migrations where version = '29990101000000'",
            "migrations",
            "failure",
            "1 remote only",
        ),
    ],
)
async def test_each_fault_is_found(  # noqa: PLR0913, PLR0917 - a case is a fault and how it is told
    admin: asyncpg.Connection,
    as_ana: tuple[str, ...],
    change: str,
    back: str,
    check: str,
    result: str,
    said: str,
) -> None:
    async with changed(admin, change, back):
        report = await examined(*as_ana)
    assert report.result(check) == result, report.printed
    assert said in report.findings[check]["detail"]
    assert report.code == (1 if report.failures() else 0)


@pytest.mark.parametrize(
    ("name", "value", "check", "said"),
    [
        ("MEDTIME_JWT_AUDIENCE", "authenticated", "a fresh token", "wrong-audience"),
        ("MEDTIME_JWT_ISSUER", "https://elsewhere.example", "a fresh token", "wrong-issuer"),
        ("MEDTIME_JWT_ALGORITHMS", "ES256", "signing keys (JWKS)", "none for ES256"),
        ("MEDTIME_DATABASE_POOL_SIZE", "500", "connections", "may take 500"),
    ],
)
async def test_a_setting_that_does_not_fit_is_found(  # noqa: PLR0913, PLR0917 - as above
    monkeypatch: pytest.MonkeyPatch, as_ana: tuple[str, ...], name: str, value: str, check: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    report = await examined(*as_ana)
    assert report.code == 1
    assert said in report.findings[check]["detail"]
    assert report.failures() == {check}


async def test_more_workers_than_connections_are_found() -> None:
    assert (await examined("--workers", "20")).result("connections") == "failure"
    assert (await examined("--workers", "2")).result("connections") == "ok"
