"""The access-token hook, called as Supabase Auth calls one in Postgres."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import INTERNAL_SERVER_ERROR
from typing import Any

import asyncpg

from medtime_backend.access_token_hook import HOOK, TIMEOUT_SECONDS, event_for, faults_of_claims
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.queries import statement

ERROR_STATUSES = range(400, 600)
URI = "pg-functions://postgres/public/custom_access_token_hook"


async def hook_exists(connection: asyncpg.Connection) -> bool:
    """Tell whether the database has the hook."""
    return bool(await connection.fetchval(statement("hook_exists"), HOOK))


async def claims_by_hook(connection: asyncpg.Connection, claims: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Return the claims to sign. Raises AuthError if the hook fails, is slow, refuses or breaks the claims.

    Within the transaction of the sign-in, as its last part: what the hook refuses has then not happened.
    """
    event = json.dumps(event_for(claims["sub"], claims, method))
    await connection.execute(statement("limit_time"), f"{TIMEOUT_SECONDS}s")
    try:
        text = await connection.fetchval(statement("call_hook"), event)
    except asyncpg.PostgresError as error:
        # One that took too long, too: Auth has `hook_timeout` for hooks over HTTP only.
        raise AuthError(500, "unexpected_failure", f"Error running hook URI: {URI}") from error
    answer = json.loads(text) if text else {"claims": {}}
    _raise_if_refused(answer)
    return _claims_of(answer)


def _raise_if_refused(answer: object) -> None:
    refusal = answer.get("error") if isinstance(answer, dict) else None
    # An error without a message is none to Auth.
    if isinstance(refusal, dict) and refusal.get("message"):
        status = refusal.get("http_code")
        status = status if isinstance(status, int) and status in ERROR_STATUSES else INTERNAL_SERVER_ERROR
        code = "unexpected_failure" if status == INTERNAL_SERVER_ERROR else "unknown"
        raise AuthError(status, code, str(refusal["message"]))


def _claims_of(answer: object) -> dict[str, Any]:
    if isinstance(answer, dict) and "claims" not in answer:
        raise AuthError(500, "unexpected_failure", "output claims field is missing")
    claims = (answer["claims"] or {}) if isinstance(answer, dict) else None
    if not isinstance(claims, dict):
        raise AuthError(500, "unexpected_failure", "Error unmarshaling JSON output.")
    if faults := faults_of_claims(claims):
        complaints = "\n".join(f"- {fault}" for fault in faults)
        message = f"output claims do not conform to the expected schema: \n{complaints}"
        raise AuthError(500, "unexpected_failure", message)
    return claims
