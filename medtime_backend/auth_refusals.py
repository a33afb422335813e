"""What Supabase Auth said no with, in any of its shapes → one problem with its `code`.

The shapes: `{code: 400, error_code, msg}`; `{code: "…", message}` when the request named an API version;
`{error, error_description}` of OAuth, before there were codes. A gateway before Auth answers `{message}`, or no JSON.
Auth's own text is never passed on: it may quote an address.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from medtime_backend import errors, formats

CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
LONGEST_WAIT: Final = 3600
WAIT_WHEN_FULL: Final = 60
WAIT_WHEN_AWAY: Final = 2
# By it clients of Auth (supabase-js) know that `code` is the error's code.
API_VERSION: Final = {"X-Supabase-Api-Version": "2024-01-01"}
# Before codes, the description told what was wrong (supabase/auth, internal/api/token.go of 2023).
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "invalid login credentials": "invalid_credentials",
    "email not confirmed": "email_not_confirmed",
    "phone not confirmed": "phone_not_confirmed",
    "invalid refresh token": "refresh_token_not_found",
    "invalid refresh token: refresh token not found": "refresh_token_not_found",
    "invalid refresh token: already used": "refresh_token_already_used",
    "invalid refresh token: session expired": "session_expired",
    "invalid refresh token: user banned": "user_banned",
    "user is banned": "user_banned",
}
# Refusals that pass: the same request may succeed a moment later (supabase/auth, internal/tokens/service.go, hooks).
PASSING: Final = {"conflict", "hook_timeout", "hook_timeout_after_retry", "request_timeout"}
ADVICE: Final[Mapping[str, str]] = {
    "invalid_credentials": "Ask for the e-mail address and the password again.",
    "email_not_confirmed": "Ask the user to follow the link in the e-mail first.",
    "user_banned": "Contact support; the data stays on the device.",
    "refresh_token_not_found": "Sign in again; tell the user that nothing syncs until then.",
    "refresh_token_already_used": "Sign in again; tell the user that nothing syncs until then.",
    "session_expired": "Sign in again; tell the user that nothing syncs until then.",
    "session_not_found": "Sign in again; tell the user that nothing syncs until then.",
    "bad_jwt": "Refresh the access token and repeat the same request.",
    "bad_code_verifier": "Begin the sign-in with the provider again.",
    "flow_state_not_found": "Begin the sign-in with the provider again.",
    "flow_state_expired": "Begin the sign-in with the provider again.",
}


def refusal_of(answer: httpx.Response) -> errors.Problem:
    """The problem of an answer that is no success."""
    problem = _problem_of(answer)
    problem.headers |= API_VERSION
    return problem


def _problem_of(answer: httpx.Response) -> errors.Problem:
    body = _body_of(answer)
    code = _code_of(body)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return errors.RateLimited("auth", _wait_of(answer, WAIT_WHEN_FULL), code=code or "unknown")
    if code in PASSING:
        return errors.AuthUnavailable(_wait_of(answer, WAIT_WHEN_AWAY), code=code)
    # A gateway's no has no code: the address or the API key of the settings is wrong, which is not the user's fault.
    ours = code is None and answer.status_code in {401, 403, 404, 405, 408}
    if ours or not answer.is_client_error:
        return errors.AuthUnavailable(_wait_of(answer, WAIT_WHEN_AWAY), **({"code": code} if code else {}))
    facts: dict[str, Any] = {"code": code or "unknown"}
    weak = body.get("weak_password")
    if isinstance(weak, dict) and isinstance(weak.get("reasons"), list):
        facts["reasons"] = [reason for reason in weak["reasons"] if isinstance(reason, str) and CODE.fullmatch(reason)]
    return errors.AuthRefused(ADVICE.get(facts["code"]), **facts)


def _body_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except formats.UNREADABLE:
        return {}


def _code_of(body: Mapping[str, Any]) -> str | None:
    said = _text(body, "error_description") or _text(body, "msg")
    # Session Expired (Inactivity)
    described = DESCRIPTIONS.get(said.lower().partition(" (")[0], "")
    # Some of the old ones are written with blanks: invalid nonce, invalid request.
    old = _text(body, "error").replace(" ", "_")
    candidates = (_text(body, "error_code"), _text(body, "code"), described, old)
    return next((code for code in candidates if CODE.fullmatch(code)), None)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _wait_of(answer: httpx.Response, otherwise: int) -> int:
    wait = answer.headers.get("retry-after", "")
    return max(1, min(int(wait), LONGEST_WAIT)) if wait.isascii() and wait.isdigit() else otherwise
