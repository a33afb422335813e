"""Exception → application/problem+json (RFC 9457), for every route and for none (404, 405)."""

import re

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from medtime_backend import errors, formats
from medtime_backend.request_headers import header
from medtime_backend.request_id import request_id

REFUSAL = "refusal"
"""Where the request's state keeps the problem that was answered."""
MEDIA_TYPE = "application/problem+json"
HTTP_PROBLEMS = {
    400: errors.InvalidParameter,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.BodyTooLarge,
}
# Litestar names a missing parameter in its text alone.
MISSING = re.compile(r"Missing required query parameter '(\w+)'")


def to_problem(fault: Exception) -> errors.Problem:
    """The declared problem of any exception; what is not known is an InternalError."""
    if isinstance(fault, errors.Problem):
        return fault
    if isinstance(fault, ValidationException):
        return errors.InvalidParameter(parameters=_wrong_parameters(fault))
    if isinstance(fault, NotFoundException):
        return errors.NotFound()
    if isinstance(fault, MethodNotAllowedException):
        return errors.MethodNotAllowed(headers=fault.headers)
    if isinstance(fault, HTTPException):
        return HTTP_PROBLEMS.get(fault.status_code, errors.InternalError)()
    return errors.InternalError()


def _wrong_parameters(fault: ValidationException) -> list[str]:
    """The names of the parameters. The rest of the message may quote the value."""
    if missing := MISSING.match(fault.detail):
        return [missing[1]]
    extra = fault.extra if isinstance(fault.extra, list) else []
    return sorted({str(item.get("key", "")) for item in extra if isinstance(item, dict)})


def answer_problem(request: Request, fault: Exception) -> Response[bytes]:  # type: ignore[type-arg] # any user, auth, state
    """The answer to a failed request."""
    problem = to_problem(fault)
    body = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "retryable": problem.retryable,
        "request_id": request_id(request.scope),
        **problem.facts,
    }
    request.scope["state"] |= {"problem": problem.slug, REFUSAL: problem}
    content = msgspec.json.encode(body)
    headers = {**problem.headers, "Vary": "Accept-Encoding", "Cache-Control": "no-store"}
    # A conflict of a hundred entities is a long body.
    if len(content) > formats.GZIP_ABOVE and formats.accepts_gzip(header(request.scope, b"accept-encoding")):
        content = formats.compress(content)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)
