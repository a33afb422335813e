"""OpenTelemetry traces of requests and statements, where MEDTIME_TRACES asks for them (extra `otel`).

What they may tell is what the log may: route template, method, status, request id, the name of a statement. Where they
go is said by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT and others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Protocol

from litestar.types import Scope

from medtime_backend.measurement import STATUS
from medtime_backend.problem_details import to_problem
from medtime_backend.request_id import request_id
from medtime_backend.settings_rules import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

# W3C Trace Context. `tracestate` and `baggage` are free text of whoever sends them, and are not taken over.
TRACEPARENT: Final = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Traces(Protocol):
    """Where spans go."""

    def request(self, scope: Scope) -> AbstractContextManager[object]:
        """A span of a request."""

    def statement(self, name: str) -> AbstractContextManager[object]:
        """A span of a statement within it."""

    def close(self) -> None:
        """Send what is left; takes some seconds at most."""


class NoTraces:
    """Nothing is traced."""

    def request(self, scope: Scope) -> AbstractContextManager[object]:  # noqa: ARG002 - as Traces has it
        """Nothing."""
        return nullcontext()

    def statement(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002 - as Traces has it
        """Nothing."""
        return nullcontext()

    def close(self) -> None:
        """Nothing."""


class SpanTraces:
    """Spans of OpenTelemetry's SDK."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.propagate import extract  # noqa: PLC0415 - of the extra
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - of the extra

        self._provider = provider
        self._tracer = provider.get_tracer("medtime_backend")
        self._extract = extract
        self._server, self._client = SpanKind.SERVER, SpanKind.CLIENT

    @contextmanager
    def request(self, scope: Scope) -> Iterator[None]:
        """A span of a request, named by method and route; it goes on the caller's trace."""
        given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        carrier = {"traceparent": given.decode()} if TRACEPARENT.fullmatch(given) else {}
        method, route = str(scope.get("method")), str(scope.get("path_template"))
        with self._tracer.start_as_current_span(
            f"{method} {route}",
            self._extract(carrier),
            self._server,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            span.set_attributes(
                {"http.request.method": method, "http.route": route, "medtime.request_id": request_id(scope)}
            )
            status = None
            try:
                yield
                status = scope["state"].get(STATUS)
            except Exception as fault:
                # Answered further out.
                status = to_problem(fault).status
                raise
            finally:
                if status is not None:
                    span.set_attribute("http.response.status_code", status)

    @contextmanager
    def statement(self, name: str) -> Iterator[None]:
        """A span of a named statement: neither its text nor its arguments."""
        with self._tracer.start_as_current_span(
            name, kind=self._client, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attribute("db.system.name", "postgresql")
            yield

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def traces_of(*, wanted: bool) -> Traces:
    """The traces that the settings ask for. Raises SettingsError where the extra is not installed."""
    if not wanted:
        return NoTraces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - of the extra
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - of the extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - of the extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - of the extra
    except ImportError as missing:
        raise SettingsError("MEDTIME_TRACES needs the extra: pip install medtime-backend[otel]") from missing
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "medtime"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return SpanTraces(provider)
