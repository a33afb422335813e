"""Problems that any request may meet: its form, its rate, the state of the server."""

from typing import Any

from medtime_backend.errors.problem import Problem


class MalformedBody(Problem):
    """The body is not the JSON, MessagePack or gzip that its headers say."""

    slug, status = "malformed-body", 400
    title = "The body cannot be read"
    advice = "Send well-formed JSON or MessagePack, gzip-compressed only if Content-Encoding says so."


class InvalidField(Problem):
    """A field outside the entities is missing, unknown or of the wrong form; `field` names it."""

    slug, status = "invalid-field", 400
    title = "A field is missing or wrong"
    advice = "Correct the named field."


class InvalidParameter(Problem):
    """A parameter of the query or the path is missing, unknown, repeated or of a wrong form; `parameters` names it."""

    slug, status = "invalid-parameter", 400
    title = "A parameter is missing or wrong"
    advice = "Correct the named parameters: forms and limits are in the description of the endpoint."


class BodyTooLarge(Problem):
    """The body is over the limit, as sent or once inflated."""

    slug, status = "body-too-large", 413
    title = "The body is too large"
    advice = "Send less at once: push fewer entities. The account is not full."


class UnsupportedMediaType(Problem):
    """Content-Type or Content-Encoding is not one that this endpoint reads."""

    slug, status = "unsupported-media-type", 415
    title = "Unsupported content type or encoding"
    advice = "Send application/json or application/msgpack, with Content-Encoding gzip or none."


class NotAcceptable(Problem):
    """The Accept header allows none of the formats this endpoint writes."""

    slug, status = "not-acceptable", 406
    title = "No acceptable format"
    advice = "Accept application/json or application/msgpack."


class NotFound(Problem):
    """There is nothing at this address."""

    slug, status = "not-found", 404
    title = "Not found"
    advice = "Check the path."


class MethodNotAllowed(Problem):
    """The address exists, but not for this method; Allow lists those that do."""

    slug, status = "method-not-allowed", 405
    title = "Method not allowed"
    advice = "Use a method that the Allow header lists."


class RateLimited(Problem):
    """Too many requests of one `group` within a minute; the refused ones are not counted.

    `group` is sync_push, sync_pull, catalog or ocr (per user), address or sign_in (per client address), or auth
    (Supabase Auth's own limit, with its `code`); `limit` is the number a minute.
    """

    slug, status = "rate-limited", 429
    title = "Too many requests"
    advice = "Wait Retry-After seconds, then repeat the same request; nothing is lost."
    retryable = True

    def __init__(self, group: str, retry_after: int, **facts: Any) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, group=group, **facts)


class Busy(Problem):
    """The server could not do it now: a lock, a time-out or a restart of the database stood in the way."""

    slug, status = "busy", 503
    title = "Try again shortly"
    advice = "Repeat the same request after Retry-After seconds; nothing is stored twice."
    retryable = True

    def __init__(self, detail: str | None = None, *, retry_after: int = 1, **facts: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **facts)


class Overloaded(Busy):
    """The server has as much to do as it can do in good time; the request was not looked at."""

    slug = "overloaded"
    title = "Too busy just now"


class InternalError(Problem):
    """A fault of the server. The request id finds it in the logs."""

    slug, status = "internal-error", 500
    title = "A fault of the server"
    advice = "Repeat the same request later; if it stays, report the request_id."
    retryable = True
