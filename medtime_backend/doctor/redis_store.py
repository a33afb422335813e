"""Redis, as the service uses it: an answer, our script, the delay, what it does when it is full."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any, Final

from redis.asyncio import Redis, RedisCluster

from medtime_backend.admission.shared import SharedStore, StoreUnavailableError
from medtime_backend.admission.terms import Window
from medtime_backend.doctor.configuration import NO_SETTINGS
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of

CHECK: Final = "Redis"
TRIES: Final = 5
SECONDS: Final = 3.0
POLICY: Final = "noeviction"
WINDOW: Final = Window("doctor", "doctor", 1_000_000)
"""Counted under a name that no client can have; Redis forgets it after a minute."""


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Admit nobody in particular a few times, then ask how Redis is set up."""
    settings = visit.deployment.settings
    if settings is None:
        yield Finding(CHECK, "skipped", NO_SETTINGS)
        return
    if not settings.redis_url:
        yield Finding(CHECK, "warning", "none: each worker counts for itself", "set MEDTIME_REDIS_URL")
        return
    store = SharedStore(settings.redis_url, SECONDS, settings.session_max_age)
    delays = []
    try:
        await store.open()
        for _ in range(TRIES):
            started = time.perf_counter()
            await store.admit([WINDOW])
            delays.append(time.perf_counter() - started)
    except StoreUnavailableError as fault:
        yield Finding(
            CHECK,
            "failure",
            f"{place_of(settings.redis_url)}: {fault}",
            "check MEDTIME_REDIS_URL; until then each worker counts for itself",
        )
        return
    finally:
        await store.close()
    delay, limit = median(delays) * 1000, settings.redis_timeout * 1000
    slow = delay > limit / 2
    yield Finding(
        CHECK,
        "warning" if slow else "ok",
        f"our script answers in {delay:.1f} ms (median of {TRIES}), the limit is {limit:.0f}",
        "bring Redis nearer, or raise MEDTIME_REDIS_TIMEOUT" if slow else "",
    )
    yield await _set_up(settings.redis_url)


async def _set_up(url: str) -> Finding:
    check = "Redis when it is full"
    try:
        memory = await _memory(url)
    # redis-py fails in many ways, and some managed services know no INFO.
    except Exception as fault:  # noqa: BLE001
        return Finding(check, "skipped", f"INFO is refused ({reason_of(fault)})")
    policy = memory.get("maxmemory_policy", "unknown")
    if policy in {POLICY, "unknown"}:
        return Finding(check, "ok" if policy == POLICY else "skipped", f"maxmemory-policy {policy}")
    return Finding(
        check,
        "warning",
        f"maxmemory-policy {policy}: limits and sessions may be forgotten early",
        f"config set maxmemory-policy {POLICY}",
    )


async def _memory(url: str) -> dict[str, Any]:
    scheme, _, rest = url.partition("://")
    options: dict[str, Any] = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "decode_responses": True}
    if scheme.endswith("+cluster"):
        cluster = RedisCluster.from_url(f"{scheme.removesuffix('+cluster')}://{rest}", **options)
        async with cluster:
            return dict(await cluster.info("memory", target_nodes=cluster.get_default_node()))
    async with Redis.from_url(url, **options) as single:
        return dict(await single.info("memory"))
