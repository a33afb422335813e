"""Bearer tokens for tests: how they are sent and what a refusal of one must be."""

import base64
import json

import httpx

from medtime_backend import errors
from medtime_backend.local.options import StackInfo
from tests.accounts import entity
from tests.http.problems import CANARY, DEVICE, logs_of, problem_of

SUBJECT = "5b1c7a52-0d4e-4c3f-9a86-2f6f0d8c1e11"


async def refuse(stack: StackInfo, http: httpx.AsyncClient, headers: list[tuple[str, str]], slug: str) -> None:
    """None of the routes serves these headers; the token is in no answer and in no log."""
    body = {"device_id": DEVICE, "entities": [entity()]}
    for request in (
        http.post("/sync/push", json=body, headers=headers),
        http.get("/sync/pull", params={"device_id": DEVICE}, headers=headers),
        http.get("/sync/status", headers=headers),
    ):
        answer = await request
        problem_of(answer, errors.PROBLEMS[slug].status, slug)
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer")
        unnamed = {"missing-token", "malformed-authorization"}
        assert ("invalid_token" in challenge) == (slug not in unnamed and answer.status_code == 401)
        assert ("invalid_request" in challenge) == (slug == "malformed-authorization")
        assert ("insufficient_scope" in challenge) == (answer.status_code == 403)
        assert "retry-after" not in answer.headers
        told = [answer.text, str(answer.headers.raw), *logs_of(stack).values()]
        for secret in (CANARY, *(value.split()[-1] for _, value in headers if len(value) > 16)):
            assert not any(secret in text for text in told)


def bearer(token: str) -> list[tuple[str, str]]:
    """The header of a token."""
    return [("Authorization", f"Bearer {token}")]


def part(value: object) -> str:
    """A part of a JWS: base64url of bytes, or of a value as JSON."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
