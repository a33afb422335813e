"""Refreshing by Supabase Auth's rules, where these are less than obvious (the rest: tests/cli/test_dev_auth.py)."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import asyncpg
import httpx
import pytest

from tests.auth.calls import claims_of, grant, id_token, refresh, sign_up

NewEmail = Callable[[], str]


async def test_refreshes_at_once_agree_on_one_successor(
    auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    tokens = await sign_up(auth, new_email())
    answers = await asyncio.gather(*(refresh(auth, tokens["refresh_token"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    session = claims_of(tokens)["session_id"]
    assert await admin.fetchval("select count(*) from auth.refresh_tokens where session_id = $1", session) == 2


async def test_how_the_user_signed_in_is_kept(auth: httpx.AsyncClient, new_email: NewEmail) -> None:
    token = await id_token(auth, new_email())
    first = (await grant(auth, "id_token", provider="google", id_token=token)).json()
    second = (await refresh(auth, first["refresh_token"])).json()
    assert claims_of(second)["amr"] == claims_of(first)["amr"]
    assert claims_of(second)["amr"][0]["method"] == "oauth"
    assert claims_of(second)["session_id"] == claims_of(first)["session_id"]


@pytest.mark.parametrize(
    ("ages", "status"),
    [
        # Of the last refresh, the token's last change and the session.
        (("6 days", "30 days", "30 days"), 200),
        (("8 days", "1 day", "30 days"), 400),
        # Never refreshed: the token's own age counts.
        ((None, "6 days", "30 days"), 200),
        ((None, "8 days", "8 days"), 400),
    ],
)
async def test_inactivity_is_counted_as_auth_counts(
    auth: httpx.AsyncClient,
    admin: asyncpg.Connection,
    new_email: NewEmail,
    ages: tuple[str | None, str, str],
    status: int,
) -> None:
    tokens = await sign_up(auth, new_email())
    session = claims_of(tokens)["session_id"]
    refreshed, token_changed, created = ages
    await admin.execute(
        "update auth.sessions set created_at = now() - $2::text::interval,"
        " refreshed_at = (now() - $3::text::interval) at time zone 'utc' where id = $1",
        session,
        created,
        refreshed,
    )
    await admin.execute(
        "update auth.refresh_tokens set updated_at = now() - $2::text::interval where session_id = $1",
        session,
        token_changed,
    )
    answer = await refresh(auth, tokens["refresh_token"])
    assert answer.status_code == status
    if status != httpx.codes.OK:
        assert answer.json()["msg"] == "Invalid Refresh Token: Session Expired (Inactivity)"


async def test_a_theft_ends_the_session_and_that_stays_so(
    auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    first = await sign_up(auth, new_email())
    session = claims_of(first)["session_id"]
    second = (await refresh(auth, first["refresh_token"])).json()
    third = (await refresh(auth, second["refresh_token"])).json()
    await admin.execute(
        "update auth.refresh_tokens set updated_at = now() - interval '11 seconds' where session_id = $1", session
    )
    for tokens in (first, third, second, first):
        answer = await refresh(auth, tokens["refresh_token"])
        assert (answer.status_code, answer.json()["error_code"]) == (400, "refresh_token_already_used")


async def test_the_session_notes_who_refreshes(
    auth: httpx.AsyncClient, admin: asyncpg.Connection, new_email: NewEmail
) -> None:
    tokens = await sign_up(auth, new_email())
    body = {"refresh_token": tokens["refresh_token"]}
    await auth.post("/token?grant_type=refresh_token", json=body, headers={"user-agent": "MedTime/2"})
    row = await admin.fetchrow(
        "select user_agent, host(ip) as address, refreshed_at from auth.sessions where id = $1",
        claims_of(tokens)["session_id"],
    )
    assert (row["user_agent"], row["address"]) == ("MedTime/2", "127.0.0.1")
    assert isinstance(row["refreshed_at"], datetime)


async def test_without_a_token_the_refusal_is_that_of_oauth(auth: httpx.AsyncClient) -> None:
    answer = await grant(auth, "refresh_token")
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": "refresh_token required"}
