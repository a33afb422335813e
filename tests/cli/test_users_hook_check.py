"""P35: what keeps users from signing in is found before they do: `medtime users hook-check`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, link
from tests.cli.in_process import Answer, run

NAME = "public.custom_access_token_hook(jsonb)"
HEAD = "create or replace function public.custom_access_token_hook(event jsonb) returns jsonb language plpgsql"
DEFINER = f"{HEAD} stable security definer set search_path = pg_catalog, pg_temp as"

Check = Callable[..., Awaitable[Answer]]


@pytest.fixture
def check(stack: StackInfo, monkeypatch: pytest.MonkeyPatch, someone: UUID) -> Check:
    """Check the hook for someone, as the role postgres."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    return partial(run, "users", "hook-check", f"{someone}@test.medtime.app")


@pytest.fixture
async def someone(admin: asyncpg.Connection) -> UUID:
    return await add_user(admin)


@asynccontextmanager
async def changed(admin: asyncpg.Connection, statement: str) -> AsyncIterator[None]:
    """Do something to the hook, and put it back with its rights in the end."""
    original = await admin.fetchval("select pg_get_functiondef($1::regprocedure)", NAME)
    try:
        await admin.execute(f"set role postgres; {statement}; reset role")
        yield
    finally:
        await admin.execute(f"set role postgres; {original}; reset role")
        await admin.execute(f"revoke all on function {NAME} from public, anon, authenticated, service_role")
        await admin.execute(f"grant execute on function {NAME} to supabase_auth_admin")


def results(answer: Answer) -> dict[str, str]:
    return {one["check"]: one["result"] for one in answer.json["findings"]}


@pytest.mark.parametrize("role", ["postgres", "superuser"])
async def test_all_is_well(check: Check, stack: StackInfo, admin: asyncpg.Connection, someone: UUID, role: str) -> None:
    """`postgres` is no member of Auth's role on today's Supabase; who is one runs the hook as that role."""
    await link(admin, await add_user(admin), someone)
    url = stack.database_url if role == "postgres" else stack.admin_database_url
    answer = await check("--json", "--db-url", url)
    assert answer.code == 0, answer.out
    assert answer.json["ok"] is True
    assert set(results(answer).values()) == {"ok"}
    details = {one["check"]: one["detail"] for one in answer.json["findings"]}
    assert "family_role owner" in details["claims"]
    assert ("no member of" in details["run as Auth"]) == (role == "postgres")
    shown = await check()
    assert (shown.code, "role unchanged" in shown.out, shown.err) == (0, True, "")


async def test_nothing_is_changed(check: Check, admin: asyncpg.Connection) -> None:
    state = "select (select count(*) from auth.users), (select count(*) from auth.sessions), txid_current_if_assigned()"
    before = await admin.fetchrow(state)
    await check()
    assert await admin.fetchrow(state) == before


@pytest.mark.parametrize(
    ("statement", "found", "said"),
    [
        (f"revoke execute on function {NAME} from supabase_auth_admin", "Auth may call it", "lacks execute"),
        (f"grant execute on function {NAME} to authenticated, anon", "nobody else may", "anon, authenticated"),
        (f"grant execute on function {NAME} to public", "nobody else may", "public"),
        (f"{HEAD} as 'begin return event; end'", "reads as its owner", "security definer"),
        (f"{DEFINER} 'begin return event #- ''{{claims,sub}}''; end'", "claims", "sub"),
        (f"{DEFINER} 'begin return event -> ''claims''; end'", "runs", "no claims"),
        (f"{DEFINER} 'begin return null; end'", "runs", "no claims"),
        (f"{DEFINER} 'begin perform pg_sleep(9); return event; end'", "runs", "more than 2 s"),
        (f"{DEFINER} 'begin raise exception ''no such [column]''; end'", "runs", "no such [column]"),
        (f"{DEFINER} 'begin return event; end'", "tier", "instead of free"),
        (
            f"{DEFINER} 'begin return jsonb_set(event, ''{{claims,role}}'', ''\"service_role\"''); end'",
            "role unchanged",
            "became service_role",
        ),
        (
            f"{DEFINER} 'begin return jsonb_set(event, ''{{claims,session_id}}'', ''\"x\"''); end'",
            "all else unchanged",
            "session_id",
        ),
        (
            f"{DEFINER} 'begin return jsonb_set(event, ''{{claims,x}}'', to_jsonb(repeat(''x'', 20000))); end'",
            "size",
            "of 16384 bytes",
        ),
    ],
)
async def test_each_fault_is_a_finding(
    check: Check, admin: asyncpg.Connection, statement: str, found: str, said: str
) -> None:
    async with changed(admin, statement):
        answer = await check("--json")
        assert answer.code == 1
        assert results(answer)[found] == "finding"
        assert said in next(one["detail"] for one in answer.json["findings"] if one["check"] == found)
        assert (answer.json["ok"], (await check()).code) == (False, 1)
    assert (await check()).code == 0


async def test_without_a_hook(check: Check, admin: asyncpg.Connection) -> None:
    await admin.execute(f"alter function {NAME} rename to put_away")
    try:
        answer = await check("--json")
    finally:
        await admin.execute("alter function public.put_away(jsonb) rename to custom_access_token_hook")
    assert (answer.code, results(answer)) == (1, {"exists": "finding"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@test.medtime.app"], "There is no user"),
        (["x", "--db-url", "postgresql://a:secret@127.0.0.1:1/x"], "cannot be reached"),
    ],
)
async def test_what_cannot_be_checked_ends_with_2(
    stack: StackInfo, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    answer = await run("users", "hook-check", *arguments)
    assert (answer.code, answer.out, said in answer.err) == (2, "", True)
