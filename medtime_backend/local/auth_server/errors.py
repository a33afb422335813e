"""Errors in Supabase Auth's own shapes.

Older clients get {"code": 400, "error_code": "…", "msg": "…"}; those that ask for the API of 2024 or later get
{"code": "…", "message": "…"}. Errors of OAuth are {"error": "…", "error_description": "…"} for both.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException

ERROR_CODE_HEADER = "x-sb-error-code"
VERSION_HEADER = "x-supabase-api-version"
NEW_SHAPE = "2024-01-01"

_Request = Request[Any, Any, Any]
_Answer = Response[dict[str, Any]]


class AuthError(Exception):
    """A refusal with Auth's status, code and message; `details` are added to the answer."""

    def __init__(self, status: int, error_code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.details = dict(details or {})


class OAuthError(Exception):
    """A refusal in the shape of OAuth."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


def answer_auth_error(request: _Request, error: AuthError) -> _Answer:
    """Answer a refusal."""
    return _answer(request, error.status, error.error_code, str(error), error.details)


def answer_oauth_error(request: _Request, error: OAuthError) -> _Answer:
    """Answer a refusal of a grant."""
    body = {"error": error.error, "error_description": str(error)}
    return Response(body, status_code=400, media_type=MediaType.JSON, headers=_version_of(request))


def answer_http_error(request: _Request, error: HTTPException) -> _Answer:
    """Answer what Litestar refuses (unknown path, wrong method, unreadable body)."""
    code = {400: "bad_json", 404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "unexpected_failure")
    if isinstance(error, ValidationException):
        code = "validation_failed"
    return _answer(request, error.status_code, code, error.detail, {})


def answer_failure(request: _Request, error: Exception) -> _Answer:
    """Answer what nobody expected, and leave its traceback in the log."""
    # To the log by way of stderr: Granian switches off loggers that were there before it.
    traceback.print_exception(error)
    message = "Unexpected failure, please check server logs for more information"
    return _answer(request, 500, "unexpected_failure", message, {})


def _answer(request: _Request, status: int, error_code: str, message: str, details: dict[str, Any]) -> _Answer:
    version = _version_of(request)
    body: dict[str, Any] = {"code": status, "error_code": error_code, "msg": message}
    if version:
        body = {"code": error_code, "message": message}
    headers = {ERROR_CODE_HEADER: error_code, **version}
    return Response({**body, **details}, status_code=status, media_type=MediaType.JSON, headers=headers)


def _version_of(request: _Request) -> dict[str, str]:
    """The header that tells the version answered with: the newest there is, not that of the request."""
    asked = request.headers.get(VERSION_HEADER, "")
    # Dates of this form sort as text.
    return {VERSION_HEADER: NEW_SHAPE} if re.fullmatch(r"\d{4}-\d{2}-\d{2}", asked) and asked >= NEW_SHAPE else {}
