"""`medtime doctor` on a project's REST and Auth APIs, through the clients of Supabase, on a twin of its gateway."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from postgrest.exceptions import APIError

from medtime_backend.doctor.user_client import user_client
from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity, link
from tests.cli.doctor_run import Report, environment_of, examined, secrets_of
from tests.cli.project_twin import SETTINGS, ProjectTwin, project_twin

ENTITIES = "srv_encrypted_entities"


@pytest.fixture
async def twin(stack: StackInfo) -> AsyncIterator[ProjectTwin]:
    async with project_twin(stack) as running:
        yield running


@pytest.fixture
def project(
    twin: ProjectTwin, stack: StackInfo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], Awaitable[Report]]:
    """Examine the project and the stack's service, as the demo user."""
    environment = {**environment_of(stack), "SUPABASE_URL": twin.url, "SUPABASE_PUBLISHABLE_KEY": stack.publishable_key}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    password = tmp_path / "password"
    password.write_text(stack.users[0].password, encoding="utf-8")
    options = ("--url", stack.base_url, "--user", stack.users[0].email, "--password-from", str(password))
    return lambda: examined(*options)


async def test_a_sound_project(project: Callable[[], Awaitable[Report]], stack: StackInfo) -> None:
    report = await project()
    assert report.code == 0, report.printed
    names = ("Auth", "Auth's settings", "REST", "REST, schema private", "REST, own rows only", "a fresh token")
    assert {report.result(name) for name in names} == {"ok"}
    assert "email, google" in report.findings["Auth's settings"]["detail"]
    assert [secret for secret in secrets_of(stack) if secret in report.printed] == []


async def test_rows_of_owners_who_share_are_no_strangers(
    project: Callable[[], Awaitable[Report]],
    stack: StackInfo,
    account: Callable[[], Awaitable[Account]],
    admin: asyncpg.Connection,
) -> None:
    owner = await account()
    assert (await owner.push("phone", entity())).status_code == 200
    ana = stack.users[0].user_id
    try:
        await link(admin, ana, owner.user_id)  # type: ignore[arg-type] # asyncpg takes the text too
        report = await project()
        assert report.result("REST, own rows only") == "ok"
    finally:
        await admin.execute("delete from public.srv_family_links where supervised_user_id = $1", owner.user_id)


async def test_a_policy_that_shows_strangers_rows_is_found(
    project: Callable[[], Awaitable[Report]], user: Account, admin: asyncpg.Connection
) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    await admin.execute(f"create policy leak on public.{ENTITIES} for select to authenticated using (true)")
    try:
        report = await project()
    finally:
        await admin.execute(f"drop policy leak on public.{ENTITIES}")
    assert {"REST, own rows only", "RLS and grants"} <= report.failures()


async def test_each_fault_of_the_apis_is_told(project: Callable[[], Awaitable[Report]], twin: ProjectTwin) -> None:
    strangers = [{"user_id": str(uuid4()), "supervised_user_id": str(uuid4())}]
    twin.rest = {"private": (200, strangers)}
    twin.settings = {**SETTINGS, "mailer_autoconfirm": True}
    report = await project()
    assert report.failures() == {"REST, schema private"}
    assert report.result("Auth's settings") == "warning"
    twin.rest = {"public": (406, {"code": "PGRST106", "details": None, "hint": None, "message": "Invalid schema"})}
    assert "REST" in (await project()).failures()
    twin.rest = {"public": (200, strangers)}
    report = await project()
    assert {"REST", "REST, own rows only"} <= report.failures()
    twin.rest, twin.settings = {}, {**SETTINGS, "external": {"email": False}}
    assert (await project()).failures() == {"Auth's settings"}


async def test_without_a_key_rest_is_skipped_and_says_which(
    project: Callable[[], Awaitable[Report]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_PUBLISHABLE_KEY")
    monkeypatch.delenv("MEDTIME_AUTH_API_KEY")
    report = await project()
    assert "SUPABASE_PUBLISHABLE_KEY" in report.findings["REST"]["detail"]
    assert report.result("REST") == "skipped"


async def test_where_postgrest_is_not_installed_rest_is_skipped(
    project: Callable[[], Awaitable[Report]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("postgrest", "postgrest.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    report = await project()
    assert (report.result("REST"), report.code) == ("skipped", 0)
    assert "is not installed" in report.findings["REST"]["detail"]


async def test_what_is_no_rest_api_is_told_as_such(
    project: Callable[[], Awaitable[Report]], stack: StackInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's own address in the place of the project's."""
    monkeypatch.setenv("SUPABASE_URL", stack.base_url)
    report = await project()
    assert {"Auth", "REST", "a fresh token"} <= report.failures()
    assert "broke off" not in report.printed


async def ids_of(twin: ProjectTwin, token: str) -> set[str]:
    async with user_client(twin.url, twin.stack.publishable_key, token) as client:
        answer = await client.from_(ENTITIES).select("user_id").execute()
    return {str(row["user_id"]) for row in answer.data}  # type: ignore[index, call-overload] # rows are objects


async def test_a_client_built_from_a_bearer_asks_as_that_user_alone(
    twin: ProjectTwin, account: Callable[[], Awaitable[Account]]
) -> None:
    """P28, P29: many at once, none with another's token, and one without a token is nobody."""
    users = [await account() for _ in range(5)]
    for user in users:
        assert (await user.push("phone", entity())).status_code == 200
    found = await asyncio.gather(*(ids_of(twin, user.token) for user in users * 4))
    assert found == [{str(user.user_id)} for user in users * 4]
    with pytest.raises(APIError) as refused:
        await ids_of(twin, "")
    assert refused.value.code == "42501"
    with pytest.raises(APIError) as unknown:
        await ids_of(twin, "no token")
    assert unknown.value.code == "PGRST301"
    assert {asked.get("authorization") for asked in twin.asked} == {
        *(f"Bearer {user.token}" for user in users),
        "Bearer no token",
        None,
    }


async def test_two_clients_that_are_open_at_once_share_nothing(
    twin: ProjectTwin, account: Callable[[], Awaitable[Account]]
) -> None:
    first, second = await account(), await account()
    key = twin.stack.publishable_key
    async with user_client(twin.url, key, first.token) as one, user_client(twin.url, key, second.token) as other:
        assert one.session is not other.session
        for client, user in ((one, first), (other, second), (one, first)):
            await client.from_(ENTITIES).select("user_id").execute()
            assert twin.asked[-1]["authorization"] == f"Bearer {user.token}"
            await client.schema("public").from_(ENTITIES).select("user_id").execute()
            assert twin.asked[-1]["authorization"] == f"Bearer {user.token}"


async def test_edge_functions_that_answer_oddly_are_told(
    project: Callable[[], Awaitable[Report]], twin: ProjectTwin
) -> None:
    names = ("edge function catalog", "edge function push-notify")
    report = await project()
    assert [report.result(name) for name in names] == ["ok", "ok"]
    twin.functions = (404, {"code": "NOT_FOUND"})
    report = await project()
    assert [report.result(name) for name in names] == ["skipped", "skipped"]
    # What a function answers that was deployed with verify_jwt, or that anybody may call.
    for answer in ((401, {"code": "UNAUTHORIZED_NO_AUTH_HEADER"}), (200, {})):
        twin.functions = answer
        assert set(names) <= (await project()).failures()
