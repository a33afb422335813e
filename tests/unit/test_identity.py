"""A verified token is remembered, and still refused as soon as it would not be verified again."""

import time
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from medtime_backend import errors, identity
from medtime_backend.identity import Verifier
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from medtime_backend.settings import Settings


class Keys:
    """A key set whose keys can be changed."""

    def __init__(self, *keys: SigningKey) -> None:
        self.set(*keys)

    def set(self, *keys: SigningKey) -> None:
        self.keys = {key.key_id: jwt.PyJWK(key.jwks()["keys"][0]) for key in keys}

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        return self.keys.get(key_id)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.load_or_create(tmp_path / "key.pem")


def verifier(keys: Keys) -> Verifier:
    settings = Settings(database_url="postgresql://nobody@localhost/none", jwks_url="http://localhost/jwks")
    return Verifier(settings, keys)  # type: ignore[arg-type] # keys stand for a KeySet


async def reason(verifier: Verifier, token: str) -> str:
    with pytest.raises(errors.AccessRefused) as refused:
        await verifier.verify(token)
    return refused.value.slug


async def test_a_token_is_verified_once(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = verifier(Keys(key))
    token = mint(key, TokenClaims(user_id=str(uuid4())))
    first = await verify.verify(token)
    monkeypatch.setattr(jwt, "decode", None)
    assert await verify.verify(token) is first


async def test_a_remembered_token_expires(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = verifier(Keys(key))
    token = mint(key, TokenClaims(user_id=str(uuid4())))
    await verify.verify(token)
    later = time.time() + 3600 + 11
    monkeypatch.setattr(identity.time, "time", lambda: later)
    # PyJWT asks datetime, which cannot be set here: what matters is that the memory does not answer.
    monkeypatch.setattr(jwt, "decode", _expired)
    assert await reason(verify, token) == "token-expired"


def _expired(*_: object, **__: object) -> None:
    raise jwt.ExpiredSignatureError


async def test_a_withdrawn_key_takes_its_tokens_with_it(key: SigningKey, tmp_path: Path) -> None:
    keys = Keys(key)
    verify = verifier(keys)
    token = mint(key, TokenClaims(user_id=str(uuid4())))
    await verify.verify(token)
    keys.set(SigningKey.load_or_create(tmp_path / "other.pem"))
    assert await reason(verify, token) == "unknown-key"


async def test_a_changed_token_is_another_token(key: SigningKey) -> None:
    verify = verifier(Keys(key))
    token = mint(key, TokenClaims(user_id=str(uuid4())))
    await verify.verify(token)
    head, body, _ = token.split(".")
    other = mint(key, TokenClaims(user_id=str(uuid4())))
    assert await reason(verify, f"{head}.{body}.{other.rpartition('.')[2]}") == "bad-signature"


async def test_the_memory_is_bounded(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "REMEMBERED", 3)
    verify = verifier(Keys(key))
    for _ in range(10):
        await verify.verify(mint(key, TokenClaims(user_id=str(uuid4()))))
    assert len(verify._verified) == 3  # noqa: SLF001 - what is measured
