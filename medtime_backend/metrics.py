"""What operators count. A label is always one of a fixed set: never anything of a request."""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from medtime_backend import errors


class Metrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.invalid_jwt = Counter(
            "invalid_jwt", "Access tokens refused, by problem.", ["problem"], registry=self._registry
        )
        self.auth_failures = Counter(
            "auth_failures",
            "Requests without a live session and refused sign-ins.",
            ["problem"],
            registry=self._registry,
        )
        self.rate_limit_exceeded = Counter(
            "rate_limit_exceeded", "Requests refused by a rate limit, by group.", ["group"], registry=self._registry
        )
        self.admissions_without_redis = Counter(
            "admissions_without_redis",
            "Requests admitted by limits of this process alone, because Redis did not answer.",
            registry=self._registry,
        )
        self.catalog_answers = Counter(
            "catalog_answers",
            "Answers of the drug catalog, by where they came from: process, redis or database.",
            ["place"],
            registry=self._registry,
        )
        for place in ("process", "redis", "database"):
            self.catalog_answers.labels(place)
        self.replica_reads = Counter(
            "replica_reads",
            "Reads that were offered to the read replica: answered, behind, or refused.",
            ["outcome"],
            registry=self._registry,
        )
        self.sync_queue_depth = Gauge(
            "sync_queue_depth", "Sync requests taken in and not answered yet.", registry=self._registry
        )
        self.redis_up = Gauge("redis_up", "Whether Redis answered last.", registry=self._registry)
        self.cleanup_last_success = Gauge(
            "cleanup_last_success_timestamp_seconds",
            "When the cleanup last came to its end; 0 never, NaN not known yet.",
            registry=self._registry,
        )
        self.cleanup_last_success.set(math.nan)

    def count_refusal(self, problem: errors.Problem) -> None:
        """Count a request that was not let in, or a sign-in that was refused."""
        match problem:
            case errors.AccessRefused():
                {"invalid_jwt": self.invalid_jwt, "auth_failures": self.auth_failures}[problem.counter].labels(
                    problem.slug
                ).inc()
            case errors.AuthRefused():
                self.auth_failures.labels(problem.slug).inc()
            case errors.RateLimited():
                self.rate_limit_exceeded.labels(problem.facts["group"]).inc()

    def exposition(self) -> bytes:
        """All of them in Prometheus's text format."""
        return generate_latest(self._registry)
