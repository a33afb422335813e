"""The body of an error (RFC 9457)."""

import msgspec


class ProblemBody(msgspec.Struct, frozen=True):
    """Members every problem has; some have more (docs/errors.md)."""

    type: str
    title: str
    status: int
    detail: str
    retryable: bool
    request_id: str
