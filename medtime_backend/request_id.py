"""The id that ties an answer to its log line."""

import re
from uuid import uuid4

from litestar.types import Scope

HEADER = "x-request-id"
ACCEPTED = re.compile(rb"[A-Za-z0-9-]{8,64}")


def request_id(scope: Scope) -> str:
    """The request's id: the gateway's X-Request-Id if it has the form of one, else a new one."""
    state = scope["state"]
    if "request_id" not in state:
        given = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"")
        state["request_id"] = given.decode() if ACCEPTED.fullmatch(given) else uuid4().hex
    return str(state["request_id"])
