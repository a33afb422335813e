"""What only shows at the relay itself: an address that nobody knows, and connections that come back."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import Mock, call

import pytest

from medtime_backend.errors import AuthRefused, AuthUnavailable
from medtime_backend.relay import AuthRelay
from medtime_backend.schemas.auth import RefreshGrant
from medtime_backend.services.identity import sign_in
from medtime_backend.settings import Settings
from tests.http.auth_relay import TOKENS
from tests.http.auth_twin import Answer, AuthTwin, auth_twin

GRANT = RefreshGrant("x")
PATIENCE = 30.0
"""Seconds of a slow machine."""
# More than the relay has connections.
MANY = 150


@pytest.fixture
async def twin() -> AsyncIterator[AuthTwin]:
    async with auth_twin() as made:
        yield made


@pytest.fixture
async def relay(twin: AuthTwin) -> AsyncIterator[AuthRelay]:
    made = AuthRelay(
        Settings(
            database_url="postgresql://127.0.0.1/nowhere",
            jwks_url="https://auth.invalid/.well-known/jwks.json",
            auth_url=twin.url,
            auth_timeout=PATIENCE,
        )
    )
    yield made
    await made.close()


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1"])
async def test_the_address_is_told(twin: AuthTwin, relay: AuthRelay, address: str) -> None:
    twin.says(Answer(200, TOKENS))
    await sign_in(relay, GRANT, address)
    assert twin.asked[0].headers["sb-forwarded-for"] == address


async def test_an_unknown_address_is_not_told(twin: AuthTwin, relay: AuthRelay) -> None:
    twin.says(Answer(200, TOKENS))
    await sign_in(relay, GRANT, "unknown")
    assert "sb-forwarded-for" not in twin.asked[0].headers
    assert "apikey" not in twin.asked[0].headers


async def test_a_hanging_auth_takes_no_connection_away_for_good(
    twin: AuthTwin, relay: AuthRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.says(Answer(200, TOKENS, delay=300))
    with monkeypatch.context() as short:
        short.setattr(relay, "_timeout", 2)
        lost = (sign_in(relay, RefreshGrant("lost"), "unknown") for _ in range(MANY))
        given = await asyncio.gather(*lost, return_exceptions=True)
    assert all(isinstance(one, AuthUnavailable) for one in given)
    twin.says(Answer(200, TOKENS))
    good = await asyncio.gather(*(sign_in(relay, GRANT, "unknown") for _ in range(MANY)))
    assert len(good) == MANY
    # One that nobody waited for any more may be read only now.
    assert sum(one.json()["refresh_token"] != "lost" for one in twin.asked) == MANY


async def test_users_at_the_same_time_get_their_own_answers(twin: AuthTwin, relay: AuthRelay) -> None:
    """Nothing of one request is kept for another (P28)."""
    twin.says(Answer(200, TOKENS))
    await asyncio.gather(*(sign_in(relay, RefreshGrant(f"token-{n}"), f"203.0.113.{n}") for n in range(100)))
    asked = {(one.json()["refresh_token"], one.headers["sb-forwarded-for"]) for one in twin.asked}
    assert asked == {(f"token-{n}", f"203.0.113.{n}") for n in range(100)}
    assert not any("authorization" in one.headers or "cookie" in one.headers for one in twin.asked)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (Answer(401, {"message": "Invalid API key"}), {"401"}),
        (Answer(502, "<html>"), {"502"}),
        (Answer(200, TOKENS, delay=300), {"TimeoutError", "ReadTimeout"}),
        (Answer(200, TOKENS, reset=True), {"ReadError", "RemoteProtocolError"}),
        (Answer(200, TOKENS, cut=True), {"RemoteProtocolError"}),
        (Answer(200, {"user": {}}), {"unreadable"}),
    ],
)
async def test_operators_are_told_why(
    twin: AuthTwin, relay: AuthRelay, monkeypatch: pytest.MonkeyPatch, answer: Answer, codes: set[str]
) -> None:
    told = Mock()
    monkeypatch.setattr("medtime_backend.relay.log", told)
    twin.says(answer)
    if answer.delay:
        monkeypatch.setattr(relay, "_timeout", 2)
    with pytest.raises(AuthUnavailable):
        await sign_in(relay, GRANT, "unknown")
    assert [one for one in codes if call.warning("auth_unavailable", code=one) in told.mock_calls]
    assert len(told.mock_calls) == 1
    told.reset_mock()
    monkeypatch.setattr(relay, "_timeout", PATIENCE)
    twin.says(Answer(400, {"code": "invalid_credentials"}))
    with pytest.raises(AuthRefused):
        await sign_in(relay, GRANT, "unknown")
    assert told.mock_calls == [], "a wrong password is no news"
