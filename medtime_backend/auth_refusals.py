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

from medtime_backend import errors

CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
LONGEST_WAIT: Final = 3600
DEFAULT_WAIT: Final = 60
# Before codes, the description told what was wrong (supabase/auth, internal/api/token.go of 2023).
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "invalid login credentials": "invalid_credentials",
    "email not confirmed": "email_not_confirmed",
    "phone not confirmed": "phone_not_confirmed",
    "invalid refresh token": "refresh_token_not_found",
    "invalid refresh token: refresh token not found": "refresh_token_not_found",
    "invalid refresh token: already used": "refresh_token_already_used",
    "invalid refresh token: session expired": "session_expired",
    "user is banned": "user_banned",
}
ADVICE: Final[Mapping[str, str]] = {
    "invalid_credentials": "Ask for the e-mail address and the password again.",
    "email_not_confirmed": "Ask the user to follow the link in the e-mail first.",
    "user_banned": "Contact support; the data stays on the device.",
    "refresh_token_not_found": "Sign in again; tell the user that nothing syncs until then.",
    "refresh_token_already_used": "Sign in again; tell the user that nothing syncs until then.",
    "session_expired": "Sign in again; tell the user that nothing syncs until then.",
    "session_not_found": "Sign in again; tell the user that nothing syncs until then.",
    "bad_code_verifier": "Begin the sign-in with the provider again.",
    "flow_state_not_found": "Begin the sign-in with the provider again.",
    "flow_state_expired": "Begin the sign-in with the provider again.",
}


def refusal_of(answer: httpx.Response) -> errors.Problem:
    """The problem of an answer that is no success."""
    body = _body_of(answer)
    code = _code_of(body)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return errors.RateLimited("auth", _wait_of(answer), code=code or "unknown")
    # A gateway's no has no code: the address or the API key of the settings is wrong, which is not the user's fault.
    ours = code is None and answer.status_code in {401, 403, 404, 405}
    if ours or not answer.is_client_error:
        return errors.AuthUnavailable(code=code) if code else errors.AuthUnavailable()
    facts: dict[str, Any] = {"code": code or "unknown"}
    weak = body.get("weak_password")
    if isinstance(weak, dict) and isinstance(weak.get("reasons"), list):
        facts["reasons"] = [reason for reason in weak["reasons"] if isinstance(reason, str) and CODE.fullmatch(reason)]
    return errors.AuthRefused(ADVICE.get(facts["code"]), **facts)


def _body_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _code_of(body: Mapping[str, Any]) -> str | None:
    described = DESCRIPTIONS.get(_text(body, "error_description").lower()) or DESCRIPTIONS.get(
        _text(body, "msg").lower()
    )
    candidates = (_text(body, "error_code"), _text(body, "code"), described or "", _text(body, "error"))
    return next((code for code in candidates if CODE.fullmatch(code)), None)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _wait_of(answer: httpx.Response) -> int:
    wait = answer.headers.get("retry-after", "")
    return max(1, min(int(wait), LONGEST_WAIT)) if wait.isascii() and wait.isdigit() else DEFAULT_WAIT
