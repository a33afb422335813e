"""Calls of the auth server that several tests make."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

PASSWORD = "correct horse"
REDIRECT = "com.medtime.app://signed-in"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    """The claims of the access token, not verified."""
    claims: dict[str, Any] = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return claims


async def sign_up(auth: httpx.AsyncClient, email: str, **more: Any) -> dict[str, Any]:
    answer = await auth.post("/signup", json={"email": email, "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def grant(auth: httpx.AsyncClient, grant_type: str, **fields: Any) -> httpx.Response:
    return await auth.post("/token", params={"grant_type": grant_type}, json=fields)


async def refresh(auth: httpx.AsyncClient, token: str) -> httpx.Response:
    return await grant(auth, "refresh_token", refresh_token=token)


async def id_token(auth: httpx.AsyncClient, email: str, **more: Any) -> str:
    """The ID token of a provider, Google unless named."""
    answer = await auth.post("/test-issuer/id_token", json={"provider": "google", "email": email, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id_token"])


def verifier_and_challenge() -> tuple[str, str]:
    """What a client keeps to itself, and what it sends ahead (RFC 7636)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def authorize(auth: httpx.AsyncClient, challenge: str, **more: str) -> httpx.Response:
    """Begin a sign-in in a browser, by Google unless named."""
    query = {
        "provider": "google",
        "redirect_to": REDIRECT,
        "code_challenge": challenge,
        "code_challenge_method": "s256",
        **more,
    }
    return await auth.get("/authorize", params=query, follow_redirects=False)


def code_of(answer: httpx.Response) -> str:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
