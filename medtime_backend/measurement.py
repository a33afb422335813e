"""What each answer adds to the metrics: also to those of refused requests, and of addresses that no route answers."""

import asyncio
import time
from typing import Final

from litestar.enums import ScopeType
from litestar.types import HTTPScope, Message, Scope
from prometheus_client import Counter, Histogram

from medtime_backend.database import Database
from medtime_backend.metrics import METHODS, UNMATCHED, Metrics
from medtime_backend.problem_details import REFUSAL

SYNC: Final = {"/sync/push": "push", "/sync/pull": "pull", "/sync/status": "status"}
OUTCOMES: Final = {409: "conflict", 410: "resync"}
SERVER_FAULT: Final = 500
CLIENT_FAULT: Final = 400
STARTED: Final = "started"
STATUS: Final = "answered"
"""Where the request's state keeps the status of the answer."""
QUEUED: Final = "queued"
LOOK_SECONDS: Final = 1.0


class Measurement:
    """Counts answers as they are sent. Its methods are called for each request, so they do little."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._queued = 0
        # Looked up by the library each time, they would take as long as counting does.
        self._answers: dict[tuple[str, str, int], Counter] = {}
        self._durations: dict[tuple[str, str], Histogram] = {}

    def begin(self, scope: Scope) -> None:
        """Note when a request began."""
        scope["state"][STARTED] = time.perf_counter()
        if scope["path"] in SYNC:
            scope["state"][QUEUED] = True
            self._queued += 1

    def end(self, scope: Scope) -> None:
        """Note that a request is over, answered or not."""
        if scope["state"].pop(QUEUED, False):
            self._queued -= 1

    async def watch(self, database: Database) -> None:
        """Keep the gauges of the queue and the pool, until cancelled."""
        while True:
            self._metrics.sync_queue_depth.set(self._queued)
            for name, connections in database.connections().items():
                self._metrics.database_connections.labels(name).set(connections)
            await asyncio.sleep(LOOK_SECONDS)

    async def observe(self, message: Message, scope: Scope) -> None:
        """A `before_send` hook: it sees the answers of failed middleware, and 404 and 405, too."""
        if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
            return
        metrics, state, status = self._metrics, scope["state"], message["status"]
        state[STATUS] = status
        route, method = _route(scope), scope["method"] if scope["method"] in METHODS else "other"
        self._answers_of(route, method, status).inc()
        if STARTED in state:
            self._durations_of(route, method).observe(time.perf_counter() - state[STARTED])
        operation = SYNC.get(route)
        if operation is not None:
            metrics.sync_operations.labels(operation, _outcome(status)).inc()
            if operation == "pull" and status < CLIENT_FAULT:
                metrics.sync_page_bytes.observe(_length(message))
        refusal = state.get(REFUSAL)
        if refusal is not None:
            metrics.count_refusal(refusal)

    def _answers_of(self, route: str, method: str, status: int) -> Counter:
        found = self._answers.get((route, method, status))
        if found is None:
            found = self._metrics.http_requests.labels(route, method, str(status))
            self._answers[route, method, status] = found
        return found

    def _durations_of(self, route: str, method: str) -> Histogram:
        found = self._durations.get((route, method))
        if found is None:
            found = self._metrics.http_request_duration.labels(route, method)
            self._durations[route, method] = found
        return found


def _route(scope: HTTPScope) -> str:
    """The template of the route, never the path: that would be the client's own text."""
    return str(scope.get("path_template") or UNMATCHED) if scope.get("route_handler") else UNMATCHED


def _outcome(status: int) -> str:
    if status < CLIENT_FAULT:
        return "ok"
    return OUTCOMES.get(status, "failed" if status >= SERVER_FAULT else "refused")


def _length(message: Message) -> int:
    headers = message["headers"] if message["type"] == "http.response.start" else ()
    return int(next((value for name, value in headers if name.lower() == b"content-length"), 0))
