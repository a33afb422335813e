"""The endpoints of the stand-in for Google and Apple, and the sign-in in a browser."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from medtime_backend.local.auth_server.accounts import user_of_profile
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.flow_states import check_challenge
from medtime_backend.local.auth_server.issuer import PATH
from medtime_backend.local.auth_server.requests import HttpRequest, fields_of, require_admin, text_of
from medtime_backend.local.bootstrap import DEMO_USERS

# Of an app, too: com.example.app://signed-in.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


@get(f"{PATH}/keys")
async def issuer_keys(auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Publish the key that verifies ID tokens."""
    return auth.issuer.jwks()


@post(f"{PATH}/id_token", status_code=200)
async def issue_id_token(request: HttpRequest, auth: NamedDependency[Auth]) -> dict[str, str]:
    """Give the ID token that a provider would give an app on a phone."""
    fields = await fields_of(request)
    profile = auth.issuer.profile(text_of(fields, "provider"), text_of(fields, "email"), str(fields.get("sub") or ""))
    profile = replace(
        profile,
        nonce=str(fields.get("nonce") or ""),
        email_verified=fields.get("email_verified", True) is True,
    )
    return {"id_token": auth.issuer.id_token(profile)}


@post(f"{PATH}/rotate-signing-key", status_code=200)
async def rotate_signing_key(request: HttpRequest, auth: NamedDependency[Auth]) -> dict[str, str]:
    """Sign access tokens with a new key; the old one stays published."""
    require_admin(request, auth)
    return {"kid": await asyncio.to_thread(auth.keys.rotate)}


@get("/authorize")
async def authorize(request: HttpRequest, auth: NamedDependency[Auth]) -> Response[None]:
    """Sign in as whoever `login_hint` or `email` names, without asking, and go back with a code."""
    query = dict(request.query_params)
    back = str(query.get("redirect_to", ""))
    if not ADDRESS.fullmatch(back):
        raise AuthError(400, "validation_failed", "redirect_to is missing")
    challenge = str(query.get("code_challenge", ""))
    check_challenge(challenge, str(query.get("code_challenge_method", "")))
    email = str(query.get("login_hint") or query.get("email") or DEMO_USERS[0][0])
    profile = auth.issuer.profile(str(query.get("provider", "")), email)
    async with auth.pool.acquire() as connection, connection.transaction():
        user_id = await user_of_profile(connection, profile)
    code = auth.flows.begin(user_id, challenge)
    address, mark, fragment = back.partition("#")
    location = f"{address}{'&' if '?' in address else '?'}code={code}{mark}{fragment}"
    return Response(None, status_code=302, headers={"location": location})
