"""Traces tell what the log may, and nothing else; read as a collector receives them."""

import gzip
import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.own_service import LOOPBACK, service
from tests.http.problems import CANARY, DEVICE
from tests.http.two_services import at

TRACE = "0af7651916cd43dd8448eb211c80319c"
ATTRIBUTES = {
    *("http.request.method", "http.route", "http.response.status_code", "medtime.request_id", "db.system.name"),
}


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


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a collector has received, whose address is in the environment."""
    bodies: list[bytes] = []
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), type("Filled", (Collector,), {"bodies": bodies}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{LOOPBACK}:{server.server_port}")
    yield bodies
    server.shutdown()
    thread.join()
    server.server_close()


def spans(bodies: list[bytes]) -> list[Span]:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


async def test_a_request_is_a_span_with_its_statement_and_tells_nothing(
    stack: StackInfo, user: Account, exported: list[bytes]
) -> None:
    marked = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": f"x={CANARY}", "baggage": f"x={CANARY}"}
    async with service(stack, traces="true") as address, at(address, user) as there:
        there.http.headers.update(marked)
        assert (await there.push(DEVICE, entity(entity_type=CANARY))).status_code == 200
        assert (await there.push(DEVICE, entity(blob=CANARY))).status_code >= 400
        assert (await there.pull(DEVICE, clock=CANARY)).status_code == 410
        assert (await there.http.get(f"/catalog/search?q={CANARY}")).status_code == 200
        async with httpx.AsyncClient(base_url=address) as http:
            assert (await http.get("/sync/status", headers={"traceparent": CANARY})).status_code == 401
    # The service has ended, and with it everything is sent.
    assert CANARY.encode() not in b"".join(exported)
    found = spans(exported)
    assert {key.key for span in found for key in span.attributes} <= ATTRIBUTES
    assert not [span for span in found if span.events or span.trace_state or span.status.message]
    names = [span.name for span in found]
    assert names.count("POST /sync/push") == 2
    for name in ("push", "GET /sync/pull", "GET /catalog/search", "catalog_search", "GET /sync/status"):
        assert name in names
    push = next(span for span in found if span.name == "push")
    parent = next(span for span in found if span.span_id == push.parent_span_id)
    assert (parent.name, parent.trace_id.hex()) == ("POST /sync/push", TRACE)
    statuses = {
        attribute.value.int_value
        for span in found
        for attribute in span.attributes
        if attribute.key == "http.response.status_code"
    }
    assert statuses >= {200, 401, 410}
