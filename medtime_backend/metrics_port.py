"""/metrics on a port of its own (MEDTIME_METRICS_LISTEN), where no gateway leads.

In a cluster the gateway and Prometheus have addresses of the same network, so that an address does not tell who asks; a
port can be kept from everybody else. All workers listen on it (SO_REUSEPORT), and whichever is asked tells for all. In
threads of their own, so that a scrape holds up no request.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET6
from socketserver import TCPServer
from typing import Any, Final

import structlog

from medtime_backend.client_address import Networks, belongs
from medtime_backend.exposition import CONTENT_TYPE
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import listening_address

PATH: Final = "/metrics"
# Longer than the database is given (services/standing.py).
LONGEST_REFRESH: Final = 5.0

Refresh = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET /metrics and nothing else, and never with anything of a request."""

    server: "_Server"
    timeout = 10

    def do_GET(self) -> None:
        """Tell the metrics."""
        if self.path.partition("?")[0] != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"")
            return
        try:
            found = self.server.read()
        except OSError as fault:
            log.warning("metrics_unreadable", code=type(fault).__name__)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"")
        else:
            self._answer(HTTPStatus.OK, found)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request; Python's own text would quote it."""
        del message, explain
        self._answer(code, b"")

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """The value of the header Server: not Python's version."""
        return "medtime"

    def log_message(self, *_: object) -> None:
        """Say nothing: it would be the request line."""


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True

    def __init__(self, address: tuple[str, int], networks: Networks, read: Callable[[], bytes]) -> None:
        if ip_address(address[0]).version == 6:  # noqa: PLR2004 - IPv6
            self.address_family = AF_INET6
        self._networks = networks
        self.read = read
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind; HTTPServer would ask the DNS for its own name."""
        TCPServer.server_bind(self)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether somebody of our networks asks; the connection of everybody else is closed."""
        del request
        return belongs(client_address[0], self._networks)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that broke; Python would print its traceback."""


@asynccontextmanager
async def metrics_port(settings: Settings, refresh: Refresh, exposition: Callable[[], bytes]) -> AsyncIterator[None]:
    """Serve what `exposition` gives, after `refresh`, where MEDTIME_METRICS_LISTEN says; nowhere while it is empty.

    Raises OSError where somebody else listens.
    """
    if not settings.metrics_listen:
        yield
        return
    loop = asyncio.get_running_loop()

    def read() -> bytes:
        asked = asyncio.run_coroutine_threadsafe(refresh(), loop)
        try:
            asked.result(LONGEST_REFRESH)
        except (TimeoutError, CancelledError):
            # The worker is too busy, or about to end: then what it knows.
            asked.cancel()
        return exposition()

    server = _Server(listening_address(settings.metrics_listen), Networks(settings.metrics_networks), read)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
