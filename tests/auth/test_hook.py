"""The auth server calls the access-token hook as Supabase Auth does, and refuses what Auth refuses (P35)."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.auth.calls import claims_of, grant, refresh, sign_up

pytestmark = pytest.mark.xdist_group("own-auth")

HOOK = "public.custom_access_token_hook"
HEAD = f"create or replace function {HOOK}(event jsonb) returns jsonb language plpgsql as"
MISSING = "output claims field is missing"
UNREADABLE = "Error unmarshaling JSON output."
NONCONFORMING = "output claims do not conform to the expected schema: \n"
FAILED = "Error running hook URI: pg-functions://postgres/public/custom_access_token_hook"

SetHook = Callable[[str], Awaitable[None]]


@pytest.fixture
async def set_hook(own_admin: asyncpg.Connection) -> AsyncIterator[SetHook]:
    """Give the hook another body until the end of the test."""
    ours = await own_admin.fetchval("select pg_get_functiondef($1::regprocedure)", f"{HOOK}(jsonb)")

    async def set_body(body: str) -> None:
        await own_admin.execute(f"{HEAD} $body${body}$body$ volatile security invoker")

    yield set_body
    await own_admin.execute(ours)


async def refused(auth: httpx.AsyncClient, email: str) -> tuple[int, str, str]:
    """Status, code and message of a sign-up that the hook does not let through."""
    body = {"email": email, "password": "correct horse"}
    answer = await auth.post("/signup", json=body)
    found = answer.json()
    assert found["code"] == answer.status_code
    return answer.status_code, found["error_code"], found["msg"]


async def test_the_event_is_that_of_auth(
    own_auth: httpx.AsyncClient, set_hook: SetHook, new_email: Callable[[], str]
) -> None:
    await set_hook(
        "begin return jsonb_set(event, '{claims,seen}', (event #- '{claims,seen}') || jsonb_build_object("
        "'role', current_user, 'timeout', current_setting('statement_timeout'))); end"
    )
    email = new_email()
    first = await sign_up(own_auth, email)
    claims = claims_of(first)
    seen: dict[str, Any] = claims.pop("seen")
    # Auth gives the user's own audience and no tier: both are the hook's.
    assert (claims["aud"], "tier" in claims) == ("authenticated", False)
    assert seen == {
        "user_id": first["user"]["id"],
        "claims": claims,
        "authentication_method": "password",
        "role": "supabase_auth_admin",
        "timeout": "2s",
    }
    refreshed = claims_of((await refresh(own_auth, first["refresh_token"])).json())
    assert refreshed["seen"]["authentication_method"] == "token_refresh"
    assert refreshed["amr"] == claims["amr"]


async def test_what_the_hook_adds_is_signed(
    own_auth: httpx.AsyncClient, set_hook: SetHook, new_email: Callable[[], str]
) -> None:
    await set_hook("""begin return jsonb_set(event, '{claims}', event -> 'claims' || '{"tier": "pro"}'); end""")
    assert claims_of(await sign_up(own_auth, new_email()))["tier"] == "pro"


async def test_without_a_hook_the_claims_are_as_before(
    own_auth: httpx.AsyncClient, own_admin: asyncpg.Connection, new_email: Callable[[], str]
) -> None:
    await own_admin.execute(f"alter function {HOOK}(jsonb) rename to hook_away")
    try:
        claims = claims_of(await sign_up(own_auth, new_email()))
    finally:
        await own_admin.execute("alter function public.hook_away(jsonb) rename to custom_access_token_hook")
    assert (claims["aud"], claims["tier"]) == ("medtime-api", "free")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("begin raise exception 'secret detail'; end", (500, "unexpected_failure", FAILED)),
        ("begin return '{}'; end", (500, "unexpected_failure", MISSING)),
        ("begin return '[]'; end", (500, "unexpected_failure", UNREADABLE)),
        ("""begin return '{"claims": "all"}'; end""", (500, "unexpected_failure", UNREADABLE)),
        (
            "begin return event #- '{claims,session_id}'; end",
            (500, "unexpected_failure", f"{NONCONFORMING}- session_id is missing"),
        ),
        (
            "begin return jsonb_set(event, '{claims,exp}', '\"soon\"'); end",
            (500, "unexpected_failure", f"{NONCONFORMING}- exp is of the wrong type"),
        ),
        (
            """begin return '{"error": {"http_code": 403, "message": "Not from here"}}'; end""",
            (403, "unknown", "Not from here"),
        ),
        ("""begin return '{"error": {"message": "No"}}'; end""", (500, "unexpected_failure", "No")),
        ("""begin return '{"error": {"http_code": 403}}'; end""", (500, "unexpected_failure", MISSING)),
    ],
)
async def test_a_broken_hook_refuses_as_at_auth(
    own_auth: httpx.AsyncClient,
    set_hook: SetHook,
    new_email: Callable[[], str],
    body: str,
    refusal: tuple[int, str, str],
) -> None:
    await set_hook(body)
    assert await refused(own_auth, new_email()) == refusal


async def test_a_hook_of_nothing_lacks_every_claim(
    own_auth: httpx.AsyncClient, set_hook: SetHook, new_email: Callable[[], str]
) -> None:
    await set_hook("begin return null; end")
    assert (await refused(own_auth, new_email()))[2].count("is missing") == 10


async def test_a_hook_has_two_seconds(
    own_auth: httpx.AsyncClient, set_hook: SetHook, new_email: Callable[[], str]
) -> None:
    await set_hook("begin perform pg_sleep(20); return event; end")
    began = time.monotonic()
    assert await refused(own_auth, new_email()) == (500, "unexpected_failure", FAILED)
    assert 2 <= time.monotonic() - began < 19


async def test_a_hook_that_auth_may_not_call_lets_nobody_in(
    own_auth: httpx.AsyncClient, own_admin: asyncpg.Connection, new_email: Callable[[], str]
) -> None:
    await own_admin.execute(f"revoke execute on function {HOOK}(jsonb) from supabase_auth_admin")
    try:
        assert await refused(own_auth, new_email()) == (500, "unexpected_failure", FAILED)
    finally:
        await own_admin.execute(f"grant execute on function {HOOK}(jsonb) to supabase_auth_admin")


async def test_what_the_hook_refuses_has_not_happened(
    own_auth: httpx.AsyncClient, set_hook: SetHook, new_email: Callable[[], str]
) -> None:
    email, other = new_email(), new_email()
    tokens = await sign_up(own_auth, email)
    await set_hook("begin raise exception 'down'; end")
    assert (await refresh(own_auth, tokens["refresh_token"])).status_code == 500
    assert (await own_auth.post("/signup", json={"email": other, "password": "correct horse"})).status_code == 500
    await set_hook("begin return event; end")
    again = (await refresh(own_auth, tokens["refresh_token"])).json()
    # A new token, with the old one as its parent: the first refresh has not used it up.
    assert (await refresh(own_auth, again["refresh_token"])).status_code == 200
    assert (await grant(own_auth, "password", email=other, password="correct horse")).status_code == 400
    await sign_up(own_auth, other)
