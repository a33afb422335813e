"""The catalog function where its project has other keys, or does not answer as it should."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from medtime_backend.local.functions.configuration import find_function
from medtime_backend.local.functions.runtime import Runtime
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.cli.project_twin import project_twin
from tests.http.problems import problem_of

PROJECT = Path(__file__).parents[2] / "supabase"


@asynccontextmanager
async def catalog(url: str, logs: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The function as it is, in a project at this address."""
    environment = {
        "SUPABASE_URL": url,
        "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": "sb_publishable_x"}),
        "SUPABASE_SECRET_KEYS": json.dumps({"default": "sb_secret_x"}),
        "MEDTIME_JWT_ALGORITHMS": "RS256,ES256",
    }
    function = find_function(PROJECT, "catalog")
    assert function
    runtime = Runtime(environment, logs)
    try:
        async with httpx.AsyncClient(base_url=await runtime.address(function), timeout=30) as http:
            yield http
    finally:
        await runtime.close()


async def test_p40_a_token_signed_with_es256_passes(stack: StackInfo, tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "elliptic", "alg": "ES256", "use": "sig"}
    claims = TokenClaims(user_id=str(uuid4()))
    token = jwt.encode(claims.as_payload(), key, algorithm="ES256", headers={"kid": "elliptic"})
    async with project_twin(stack) as twin, catalog(twin.url, tmp_path) as http:
        twin.keys = {"keys": [public]}
        twin.rest = {"public": (200, {"sources": []})}
        answer = await http.get("/catalog/sources", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()) == (200, {"sources": []})
        other = mint(SigningKey.load(stack.signing_key), claims)
        answer = await http.get("/catalog/sources", headers={"Authorization": f"Bearer {other}"})
        problem_of(answer, 401, "unknown-key")


async def test_it_asks_as_anybody_whoever_calls(stack: StackInfo, tmp_path: Path) -> None:
    """P28: no user's token gets into the one client of the function."""
    token = mint(SigningKey.load(stack.signing_key), TokenClaims(user_id=str(uuid4())))
    async with project_twin(stack) as twin, catalog(twin.url, tmp_path) as http:
        twin.rest = {"public": (200, {"sources": []})}
        for headers in ({}, {"Authorization": f"Bearer {token}"}, {}):
            assert (await http.get("/catalog/sources", headers=headers)).status_code == 200
        assert [asked["apikey"] for asked in twin.asked] == ["sb_publishable_x"] * 3
        assert {asked["authorization"] for asked in twin.asked} == {"Bearer sb_publishable_x"}


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        (500, "57014", (503, "busy")),
        (503, "PGRST002", (503, "busy")),
        (502, "", (503, "busy")),
        (404, "PGRST202", (500, "internal-error")),
        (401, "42501", (500, "internal-error")),
    ],
)
async def test_what_the_project_cannot_do_is_a_problem(
    stack: StackInfo, tmp_path: Path, status: int, code: str, answer: tuple[int, str]
) -> None:
    async with project_twin(stack) as twin, catalog(twin.url, tmp_path) as http:
        twin.rest = {"public": (status, {"code": code, "details": None, "hint": None, "message": "secret"})}
        problem = problem_of(await http.get("/catalog/search?q=zocor"), *answer)
        assert "secret" not in json.dumps(problem)


async def test_a_project_that_is_away_is_busy(tmp_path: Path) -> None:
    # Port 9, "discard": nobody listens there.
    async with catalog("http://127.0.0.1:9", tmp_path) as http:
        problem_of(await http.get("/catalog/search?q=zocor"), 503, "busy")
        token = {"Authorization": f"Bearer {mint_like()}"}
        problem_of(await http.get("/catalog/search?q=zocor", headers=token), 503, "busy")


def mint_like() -> str:
    """A token that only its key could refuse."""
    key = generate_private_key(SECP256R1())
    payload = TokenClaims(user_id=str(uuid4())).as_payload()
    return jwt.encode(payload, key, algorithm="ES256", headers={"kid": "elliptic"})
