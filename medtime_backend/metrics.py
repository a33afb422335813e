"""What operators count. A label is always one of a fixed set: never anything of a request.

docs/metrics.md explains each; deploy/prometheus/ has the rules and alerts made of them.
"""

import math
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from medtime_backend import errors
from medtime_backend.exposition import exposition, share_values, shared_directory

# Around the targets: sync 0.5 s, catalog 0.2 s, OCR 5 s.
LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 2.5, 5, 10, 30)
WAITS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SIZES = tuple(1024 * 4**power for power in range(8))
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
"""The route of a request that no route answers."""


class Metrics:
    """The metrics of one worker, added up with those of the instance's others when they are read."""

    def __init__(self) -> None:
        share_values()
        self.registry = CollectorRegistry()
        self._requests()
        self._sync()
        self._access()
        self._catalog()
        self._ocr()
        self._wakeups()
        self._database()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str, mode: Any) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode=mode)

    def _histogram(self, name: str, text: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=buckets)

    def _requests(self) -> None:
        self.http_requests = self._counter(
            "http_requests", "Answers, by route template, method and status.", "route", "method", "status"
        )
        self.http_request_duration = self._histogram(
            "http_request_duration_seconds",
            "Seconds from the request's head to the answer's.",
            *("route", "method"),
            buckets=LATENCIES,
        )
        self.sync_queue_depth = self._gauge(
            "sync_queue_depth", "Sync requests that are at work or wait for their turn.", mode="livesum"
        )

    def _sync(self) -> None:
        self.sync_operations = self._counter(
            "sync_operations",
            "Pushes, pulls and status requests by outcome: ok, conflict, resync, refused, failed.",
            *("operation", "outcome"),
        )
        self.sync_conflicts = self._counter("sync_conflicts", "Entities of refused pushes, by reason.", "reason")
        self.sync_resyncs = self._counter("sync_resyncs", "Clients that were told to start over, by reason.", "reason")
        self.sync_page_bytes = self._histogram("sync_page_bytes", "Bytes of a page as it was sent.", buckets=SIZES)

    def _access(self) -> None:
        self.invalid_jwt = self._counter("invalid_jwt", "Access tokens refused, by problem.", "problem")
        self.auth_failures = self._counter(
            "auth_failures", "Requests without a live session and refused sign-ins.", "problem"
        )
        self.rate_limit_exceeded = self._counter(
            "rate_limit_exceeded", "Requests refused by a rate limit, by group.", "group"
        )
        # There from the start: from nothing to the first refusals Prometheus sees no increase (AuthFailuresMany,
        # AddressFloods).
        for kind in errors.access_problems():
            self._refusals(kind).labels(kind.slug)
        self.auth_failures.labels(errors.AuthRefused.slug)
        self.rate_limit_exceeded.labels("address")
        self.admissions_without_redis = self._counter(
            "admissions_without_redis",
            "Requests admitted by limits of a worker alone, because Redis did not answer.",
        )
        self.redis_up = self._gauge(
            "redis_up", "Whether Redis answered last; 0 if any worker has none.", mode="livemin"
        )

    def _catalog(self) -> None:
        self.catalog_answers = self._counter(
            "catalog_answers",
            "Answers of the drug catalog, by where they came from: process, redis or database.",
            "place",
        )
        for place in ("process", "redis", "database"):
            self.catalog_answers.labels(place)
        self.catalog_released = self._gauge(
            "catalog_released_timestamp_seconds",
            "When the release was published that a source was last seeded with.",
            "source",
            mode="mostrecent",
        )

    def _ocr(self) -> None:
        self.ocr_requests = self._counter(
            "ocr_requests",
            "Images that were to be read, by engine and outcome: done, or the problem.",
            *("engine", "outcome"),
        )
        self.ocr_seconds = self._histogram(
            "ocr_duration_seconds", "Seconds a worker took to read an image.", "engine", buckets=LATENCIES
        )
        self.ocr_workers_busy = self._gauge("ocr_workers_busy", "Images being read now.", mode="livesum")
        self.ocr_requests_waiting = self._gauge(
            "ocr_requests_waiting", "Images that wait for a worker.", mode="livesum"
        )

    def _wakeups(self) -> None:
        self.wakeups_requested = self._counter("wakeups_requested", "Pushes that left somebody to be woken.")
        self.wakeup_calls = self._counter("wakeup_calls", "Calls of the sender: ok or failed.", "result")
        for result in ("ok", "failed"):
            self.wakeup_calls.labels(result)
        self.wakeups = self._gauge(
            "wakeups", "Wake-ups in the queue: waiting, at_work or set_aside.", "state", mode="mostrecent"
        )
        self.wakeups_done = self._gauge(
            "wakeups_done",
            "Wake-ups since the database was made: queued, sent, retried, dead, set_aside.",
            "outcome",
            mode="mostrecent",
        )
        self.wakeup_oldest = self._gauge(
            "wakeup_oldest_seconds", "How long the wake-up that is due first has been due.", mode="mostrecent"
        )

    def _database(self) -> None:
        self.database_connections = self._gauge(
            "database_connections",
            "Connections by state: used, idle; and waiting, requests that have none yet.",
            "state",
            mode="livesum",
        )
        self.database_wait = self._histogram(
            "database_wait_seconds", "Seconds a request waited for a connection.", buckets=WAITS
        )
        self.replica_reads = self._counter(
            "replica_reads", "Reads for the replica: answered, behind, refused, or unused after a fault.", "outcome"
        )
        self.cleanup_last_success = self._gauge(
            "cleanup_last_success_timestamp_seconds",
            "When the cleanup last came to its end; 0 never, absent or NaN not known yet.",
            mode="mostrecent",
        )
        if shared_directory() is None:
            # Shared ones that nobody has set are absent by themselves.
            self.cleanup_last_success.set(math.nan)

    def count_refusal(self, problem: errors.Problem) -> None:
        """Count what a problem is: not let in, a sign-in refused, a conflict, a client that starts over."""
        match problem:
            case errors.AccessRefused():
                self._refusals(type(problem)).labels(problem.slug).inc()
            case errors.AuthRefused():
                self.auth_failures.labels(problem.slug).inc()
            case errors.RateLimited():
                self.rate_limit_exceeded.labels(problem.facts["group"]).inc()
            case errors.VersionConflict():
                for conflict in problem.facts["conflicts"]:
                    self.sync_conflicts.labels(conflict["reason"]).inc()
            case errors.ResyncRequired():
                self.sync_resyncs.labels(problem.facts["reason"]).inc()

    def _refusals(self, kind: type[errors.AccessRefused]) -> Counter:
        return {"invalid_jwt": self.invalid_jwt, "auth_failures": self.auth_failures}[kind.counter]

    def tell_ocr(self, busy: int, waiting: int) -> None:
        """Tell how many images of this worker are being read, and how many wait."""
        self.ocr_workers_busy.set(busy)
        self.ocr_requests_waiting.set(waiting)

    def count_ocr(self, engine: str, outcome: str) -> None:
        """Count an image: `outcome` is done, or a problem's slug."""
        self.ocr_requests.labels(engine, outcome).inc()

    def exposition(self) -> bytes:
        """All of them in Prometheus's text format, of all workers of the instance."""
        return exposition(self.registry)
