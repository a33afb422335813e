"""The key set: one flight, a cool-down, old keys while Auth is away, recovery."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from medtime_backend import errors, jwks
from medtime_backend.jwks import COOL_DOWN, LARGEST_SET, RETRY_EMPTY, KeySet
from medtime_backend.local.tokens import SigningKey
from medtime_backend.settings import Settings

MAX_AGE = 600.0
PRIVATE = generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Serves the keys of these ids; counts; can be slow or away."""

    def __init__(self) -> None:
        self.keys = ["one"]
        self.fetches = 0
        self.answer: httpx.Response | Exception | None = None
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.fetches += 1
        await self.released.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        document = {"keys": [SigningKey(PRIVATE, key_id).jwks()["keys"][0] for key_id in self.keys]}
        return self.answer or httpx.Response(200, json=document)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A monotonic clock that is set by hand."""
    found = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(jwks, "time", SimpleNamespace(monotonic=lambda: found.now))
    return found


@pytest.fixture
async def keys(issuer: Issuer, clock: SimpleNamespace) -> AsyncIterator[KeySet]:
    assert clock.now
    settings = Settings(database_url="postgresql://x", jwks_url="http://auth/jwks.json", jwks_max_age=MAX_AGE)
    async with httpx.AsyncClient(transport=httpx.MockTransport(issuer)) as http:
        yield KeySet(settings, http)


async def found(keys: KeySet, *ids: str) -> list[bool]:
    return [key is not None for key in await asyncio.gather(*(keys.find(key_id) for key_id in ids))]


async def settled() -> None:
    """Let a renewal in the background end."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_all_who_come_during_the_first_fetch_share_it(keys: KeySet, issuer: Issuer) -> None:
    issuer.released.clear()
    first = asyncio.create_task(found(keys, *["one"] * 50))
    await settled()
    late = asyncio.create_task(found(keys, *["one"] * 50))
    await settled()
    issuer.released.set()
    assert await first == await late == [True] * 50
    assert issuer.fetches == 1


async def test_unknown_ids_fetch_once_in_a_cool_down(keys: KeySet, issuer: Issuer, clock: SimpleNamespace) -> None:
    assert await found(keys, "one") == [True]
    assert await found(keys, *(f"forged-{n}" for n in range(1000))) == [False] * 1000
    assert issuer.fetches == 1
    clock.now += COOL_DOWN
    assert await found(keys, *(f"forged-{n}" for n in range(1000))) == [False] * 1000
    assert issuer.fetches == 2


async def test_a_new_key_is_found_and_a_withdrawn_one_is_not(
    keys: KeySet, issuer: Issuer, clock: SimpleNamespace
) -> None:
    assert await found(keys, "one") == [True]
    issuer.keys = ["two"]
    assert await found(keys, "two") == [False]
    clock.now += COOL_DOWN
    assert await found(keys, "two", "one") == [True, False]


async def test_old_keys_are_used_while_they_are_renewed(keys: KeySet, issuer: Issuer, clock: SimpleNamespace) -> None:
    assert await found(keys, "one") == [True]
    clock.now += MAX_AGE
    issuer.released.clear()
    assert await asyncio.wait_for(found(keys, *["one"] * 50), timeout=1) == [True] * 50
    await settled()
    assert issuer.fetches == 2
    issuer.released.set()
    await settled()
    assert await found(keys, "one") == [True]
    assert issuer.fetches == 2


AWAY: list[httpx.Response | Exception] = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.Response(500),
    httpx.Response(404),
    httpx.Response(302, headers={"Location": "http://elsewhere/"}),
    *(httpx.Response(200, content=body) for body in (b"", b"<html>", b"\xff", b"[]", b"null", b"7", b"{}")),
    *(httpx.Response(200, content=body) for body in (b'{"keys": []}', b'{"keys": 5}', b'{"keys": [5]}', b"[" * 9000)),
    httpx.Response(200, content=json.dumps({"keys": ["x" * LARGEST_SET]}).encode()),
]


@pytest.mark.parametrize("answer", AWAY, ids=lambda answer: repr(getattr(answer, "content", answer))[:20])
async def test_old_keys_stay_in_use_while_auth_is_away(
    keys: KeySet, issuer: Issuer, clock: SimpleNamespace, answer: httpx.Response | Exception
) -> None:
    assert await found(keys, "one") == [True]
    issuer.answer = answer
    for round_ in range(5):
        clock.now += MAX_AGE
        assert await found(keys, *["one"] * 20) == [True] * 20
        await settled()
        assert issuer.fetches == 2 + round_
    issuer.answer = None
    issuer.keys = ["one", "two"]
    clock.now += MAX_AGE
    assert await found(keys, "two") == [True]


@pytest.mark.parametrize("answer", AWAY, ids=lambda answer: repr(getattr(answer, "content", answer))[:20])
async def test_without_any_keys_it_is_busy_and_not_the_users_fault(
    keys: KeySet, issuer: Issuer, clock: SimpleNamespace, answer: httpx.Response | Exception
) -> None:
    issuer.answer = answer
    for _ in range(10):
        with pytest.raises(errors.Busy):
            await keys.find("one")
    assert issuer.fetches == 1
    issuer.answer = None
    clock.now += RETRY_EMPTY
    assert await found(keys, "one") == [True]


async def test_a_caller_who_gives_up_does_not_begin_the_cool_down(keys: KeySet, issuer: Issuer) -> None:
    issuer.released.clear()
    caller = asyncio.create_task(keys.find("one"))
    await settled()
    caller.cancel()
    issuer.released.set()
    assert await found(keys, "one") == [True]


async def test_keys_of_a_file(tmp_path: Path, issuer: Issuer, clock: SimpleNamespace) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(SigningKey(PRIVATE, "one").jwks()))
    settings = Settings(database_url="postgresql://x", jwks_file=str(file))
    async with httpx.AsyncClient(transport=httpx.MockTransport(issuer)) as http:
        keys = KeySet(settings, http)
        assert await found(keys, "one", "two") == [True, False]
    assert issuer.fetches == 0
    assert clock.now
