"""Access tokens that must not open anything: 401 with the slug, WWW-Authenticate, and nothing of the token."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims
from tests.accounts import Account
from tests.http.bearer import SUBJECT, bearer, part, refuse
from tests.http.problems import CANARY, DEVICE, Refusals


@pytest.mark.parametrize(
    ("headers", "slug"),
    [
        ([], "missing-token"),
        ([("Authorization", "")], "malformed-authorization"),
        ([("Authorization", "Bearer")], "malformed-authorization"),
        ([("Authorization", f"Basic {part(b'ana:' + CANARY.encode())}")], "malformed-authorization"),
        ([("Authorization", CANARY)], "malformed-authorization"),
        ([("apikey", CANARY), ("Cookie", f"sb-access-token={CANARY}")], "missing-token"),
        (bearer(CANARY), "malformed-token"),
        (bearer(f"{CANARY}.{CANARY}.{CANARY}"), "malformed-token"),
        (bearer("...."), "malformed-token"),
        (bearer("A" * 100_000), "token-too-large"),
        (bearer(part(b"[" * 8000) + ".e30."), "malformed-token"),
        (bearer(part([]) + ".e30."), "malformed-token"),
        (bearer(part({"alg": "RS256", "kid": [CANARY]}) + ".e30."), "malformed-token"),
        (bearer(part({"alg": "RS256"}) + ".e30."), "unknown-key"),
        (bearer(part({"alg": "RS256", "kid": CANARY}) + ".e30."), "unknown-key"),
        (bearer(part(b'{"alg":"RS256","kid":"\\ud800"}') + ".e30."), "unknown-key"),
    ],
    ids=lambda value: str(value)[:48],
)
async def test_not_a_token(
    stack: StackInfo, anyone: httpx.AsyncClient, headers: list[tuple[str, str]], slug: str
) -> None:
    await refuse(stack, anyone, headers, slug)


@pytest.mark.parametrize("second", ["Bearer {}", "Basic x", ""])
async def test_two_authorization_headers(
    stack: StackInfo, anyone: httpx.AsyncClient, user: Account, second: str
) -> None:
    headers = [*bearer(user.token), ("authorization", second.format(user.token))]
    await refuse(stack, anyone, headers, "malformed-authorization")


@pytest.mark.parametrize("place", ["access_token", "apikey", "token"])
async def test_a_token_in_the_query_is_none(refused: Refusals, anyone: httpx.AsyncClient, place: str) -> None:
    query = {"device_id": DEVICE, place: refused.account.token}
    await refused(anyone.get("/sync/pull", params=query), 401, "missing-token")


def _signed(key: SigningKey, secret: Any, algorithm: str | None, **headers: Any) -> str:
    return jwt.encode(
        TokenClaims(SUBJECT).as_payload(), secret, algorithm=algorithm, headers={"kid": key.key_id, **headers}
    )


def _hs256_with_the_public_key(key: SigningKey, encoding: Encoding, format_: PublicFormat) -> str:
    """The classic confusion: PyJWT itself refuses to sign so, hence by hand."""
    signed = f"{part({'alg': 'HS256', 'kid': key.key_id})}.{part(TokenClaims(SUBJECT).as_payload())}"
    secret = key.private_key.public_key().public_bytes(encoding, format_)
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


FOREIGN = generate_private_key(public_exponent=65537, key_size=2048)
FORGERIES: dict[str, tuple[Callable[[SigningKey], str], str]] = {
    "alg none": (lambda key: _signed(key, None, None), "wrong-algorithm"),
    "alg None, signed": (lambda key: part({"alg": "None", "kid": key.key_id}) + ".e30.AAAA", "wrong-algorithm"),
    "HS256 by PEM": (
        lambda key: _hs256_with_the_public_key(key, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "wrong-algorithm",
    ),
    "HS256 by DER": (
        lambda key: _hs256_with_the_public_key(key, Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "wrong-algorithm",
    ),
    "RS512 of the right key": (lambda key: _signed(key, key.private_key, "RS512"), "wrong-algorithm"),
    "PS256 of the right key": (lambda key: _signed(key, key.private_key, "PS256"), "wrong-algorithm"),
    "another key": (lambda key: _signed(key, FOREIGN, "RS256"), "bad-signature"),
    "another key id": (lambda key: _signed(key, key.private_key, "RS256", kid=CANARY), "unknown-key"),
    "no key id": (lambda key: jwt.encode(TokenClaims(SUBJECT).as_payload(), key.private_key, "RS256"), "unknown-key"),
    "its own key": (
        lambda key: _signed(key, FOREIGN, "RS256", jwk=SigningKey(FOREIGN, key.key_id).jwks()["keys"][0]),
        "key-in-header",
    ),
    "its own key set": (
        lambda key: _signed(key, FOREIGN, "RS256", jku=f"http://127.0.0.1:9/{CANARY}"),
        "key-in-header",
    ),
    "its own certificate": (
        lambda key: _signed(key, FOREIGN, "RS256", x5u=f"http://127.0.0.1:9/{CANARY}", x5c=[CANARY]),
        "key-in-header",
    ),
    "a key set beside a right signature": (
        lambda key: _signed(key, key.private_key, "RS256", jku="https://auth.medtime.app/jwks.json"),
        "key-in-header",
    ),
    "a critical extension": (lambda key: _signed(key, key.private_key, "RS256", crit=["exp"]), "malformed-token"),
    # 333 letters are no base64 at all, 336 are: of bytes that do not fit.
    "a cut signature": (lambda key: _signed(key, key.private_key, "RS256")[:-9], "malformed-token"),
    "a short signature": (lambda key: _signed(key, key.private_key, "RS256")[:-6], "bad-signature"),
    "no signature": (lambda key: _signed(key, key.private_key, "RS256").rpartition(".")[0] + ".", "bad-signature"),
    "another payload": (
        lambda key: _signed(key, key.private_key, "RS256").replace(".", f".{part({'sub': CANARY})}.", 1),
        "malformed-token",
    ),
}


@pytest.mark.parametrize(("forge", "slug"), FORGERIES.values(), ids=FORGERIES)
async def test_forged(
    stack: StackInfo, anyone: httpx.AsyncClient, key: SigningKey, forge: Callable[[SigningKey], str], slug: str
) -> None:
    await refuse(stack, anyone, bearer(forge(key)), slug)
