"""A collector of OpenTelemetry: what is exported to it, as bytes and as spans."""

import gzip
import http.server
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.http.threaded import serving

ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""The variable that names it to a service."""


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is exported to it."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what it has received."""
    bodies: list[bytes] = []
    with serving(type("Filled", (Collector,), {"bodies": bodies})) as address:
        yield address, bodies


def spans(bodies: list[bytes]) -> list[Span]:
    """All spans of it."""
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
