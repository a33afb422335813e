"""What every answer says beside its body: to browsers, caches and gateways."""

from litestar.enums import ScopeType
from litestar.types import Message, Scope

from medtime_backend.drain import Drain

# To a browser: there is nothing here to show, frame or guess.
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# Two years, as lists of browsers ask for. RFC 6797 (7.2) forbids it over plain HTTP: there the gateway says it.
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
# Of answers to API calls. The pages of /schema load their viewer.
POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
PAGES = "/schema"


class AnswerHeaders:
    """A `before_send` hook. What is not said to be kept by caches is for the client alone."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain

    async def __call__(self, message: Message, scope: Scope) -> None:
        """Add the headers to the beginning of an answer."""
        if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
            return
        headers = [*message["headers"], *ALWAYS]
        if scope["scheme"] == "https":
            headers.append(HSTS)
        if not scope["path"].startswith(PAGES):
            headers.append(POLICY)
        if not any(name.lower() == b"cache-control" for name, _ in message["headers"]):
            headers.append((b"cache-control", b"no-store"))
        # A gateway must not send its next request on a connection that is about to close. HTTP/2 has no such header;
        # there the server says goodbye by a frame.
        if self._drain.begun and scope["http_version"].startswith("1"):
            headers.append((b"connection", b"close"))
        message["headers"] = headers
