"""Auth's signing keys change their kind: the reason is told, and a setting lets the new kind in (P30, P40)."""

import json
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims
from tests.accounts import Account
from tests.http.bearer import bearer
from tests.http.own_service import service
from tests.http.problems import problem_of
from tests.http.two_services import at


def both_kinds(folder: Path, old: SigningKey, new: EllipticCurvePrivateKey) -> str:
    """A file with a key set in which Auth publishes both keys."""
    public = ECAlgorithm.to_jwk(new.public_key(), as_dict=True)
    keys = [*old.jwks()["keys"], {**public, "kid": "new", "alg": "ES256", "use": "sig"}]
    # A shared secret has no place in a published set; if one is there, it opens nothing.
    keys.append({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "shared", "alg": "HS256"})
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return str(path)


async def test_another_kind_of_key_needs_the_operators_consent(
    stack: StackInfo, user: Account, key: SigningKey, tmp_path: Path
) -> None:
    new = generate_private_key(SECP256R1())
    claims = TokenClaims(str(user.user_id), session_id=str(user.session_id)).as_payload()
    flipped = bearer(jwt.encode(claims, new, "ES256", headers={"kid": "new"}))
    shared = bearer(jwt.encode(claims, b"secret-secret-secret-secret-secret", "HS256", headers={"kid": "shared"}))
    mixed = bearer(jwt.encode(claims, key.private_key, "RS256", headers={"kid": "new"}))
    file = {"jwks_url": "", "jwks_file": both_kinds(tmp_path, key, new)}
    async with service(stack, **file) as address, at(address, user) as there:
        assert (await there.http.get("/sync/status")).status_code == 200
        problem = problem_of(await there.http.get("/sync/status", headers=flipped), 401, "wrong-algorithm")
        assert "MEDTIME_JWT_ALGORITHMS" in problem["detail"]
        problem_of(await there.http.get("/sync/status", headers=shared), 401, "wrong-algorithm")
    async with service(stack, **file, jwt_algorithms="RS256,ES256") as address, at(address, user) as there:
        assert (await there.http.get("/sync/status")).status_code == 200
        assert (await there.http.get("/sync/status", headers=flipped)).status_code == 200
        # Both are allowed, but each key has its own.
        problem_of(await there.http.get("/sync/status", headers=mixed), 401, "wrong-algorithm")
        problem_of(await there.http.get("/sync/status", headers=shared), 401, "wrong-algorithm")


async def test_the_audience_of_a_project_without_the_hook(stack: StackInfo, user: Account, key: SigningKey) -> None:
    claims = TokenClaims(str(user.user_id), session_id=str(user.session_id), audience="authenticated").as_payload()
    hosted = bearer(jwt.encode(claims, key.private_key, "RS256", headers={"kid": key.key_id}))
    async with service(stack, jwt_audience="medtime-api,authenticated") as address, at(address, user) as there:
        assert (await there.http.get("/sync/status", headers=hosted)).status_code == 200
        assert (await there.http.get("/sync/status")).status_code == 200
