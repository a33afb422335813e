"""Errors in Supabase Auth's own shape: {"code": 400, "error_code": "…", "msg": "…"}."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

ERROR_CODE_HEADER = "x-sb-error-code"


class AuthError(Exception):
    """A refusal with Auth's status, code and message."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code


def answer_auth_error(_: Request[Any, Any, Any], error: AuthError) -> Response[dict[str, Any]]:
    """Answer a refusal."""
    return _answer(error.status, error.error_code, str(error))


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Answer what Litestar refuses (unknown path, wrong method, unreadable body)."""
    code = {400: "bad_json", 404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "unexpected_failure")
    return _answer(error.status_code, code, error.detail)


def _answer(status: int, error_code: str, message: str) -> Response[dict[str, Any]]:
    return Response(
        {"code": status, "error_code": error_code, "msg": message},
        status_code=status,
        media_type=MediaType.JSON,
        headers={ERROR_CODE_HEADER: error_code},
    )
