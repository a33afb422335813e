"""The id that ties an answer to its log line."""

import re
import secrets

from litestar.types import Scope

from medtime_backend.request_headers import header

HEADER = "x-request-id"
ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id(scope: Scope) -> str:
    """The request's id: the gateway's X-Request-Id if it has the form of one, else a new one."""
    state = scope["state"]
    if "request_id" not in state:
        given = header(scope, HEADER.encode())
        state["request_id"] = given if ACCEPTED.fullmatch(given) else secrets.token_hex(16)
    return str(state["request_id"])
