"""Answers that are ready as they are: on their way out nothing is looked up, merged or encoded again."""

from typing import Any

from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

BODILESS = frozenset({204, 304})


class ReadyAnswer(Response[bytes]):
    """A body of bytes, its type and its headers. What Litestar's layers could add (cookies, headers) is not added."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIApp:  # type: ignore[override] # noqa: ARG002 - any application will do
        """The ASGI application that sends it."""
        return self._send

    async def _send(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        status, body = self.status_code or 200, self.content
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        if status not in BODILESS:
            headers += [(b"content-type", str(self.media_type).encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
