"""Answers in Redis, the same for all instances. Without Redis there are none, and nobody waits for it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

CONNECTIONS = 16
# While Redis is away it is asked once in this many seconds.
PAUSE_SECONDS = 1.0
LOCK_MS = 3_000
"""How long others wait at most for the one who makes an answer."""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class SharedAnswers:
    """Bodies by key. Every method does without when Redis does not answer."""

    def __init__(self, url: str, timeout: float) -> None:
        options: dict[str, Any] = {
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        }
        scheme, _, rest = url.partition("://")
        self._redis: Redis | RedisCluster
        if scheme.endswith("+cluster"):
            address = f"{scheme.removesuffix('+cluster')}://{rest}"
            self._redis = RedisCluster.from_url(
                address, require_full_coverage=False, max_connections=2 * CONNECTIONS, **options
            )
        else:
            pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=timeout, **options)
            self._redis = Redis.from_pool(pool)
        self._away_until = 0.0
        self._failing = False

    @property
    def away(self) -> bool:
        """Whether Redis did not answer a moment ago."""
        return time.monotonic() < self._away_until

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def get(self, key: str) -> bytes | None:
        """The body of this key."""
        body: bytes | None = await self._ask(lambda: self._redis.get(key), None)
        return body

    async def put(self, key: str, body: bytes, seconds: int) -> None:
        """Keep a body for all."""
        await self._ask(lambda: self._redis.set(key, body, ex=seconds), None)

    async def claim(self, key: str, by: bytes) -> bool:
        """Whether the caller is the one to make this answer; so is everybody while Redis is away."""
        claimed = await self._ask(lambda: self._redis.set(_claim_of(key), by, nx=True, px=LOCK_MS), fallback=True)
        return bool(claimed)

    async def release(self, key: str, by: bytes) -> None:
        """Let another one make it. A claim that has become another's, since this one took too long, is left."""
        await self._ask(lambda: self._redis.eval(RELEASE, 1, _claim_of(key), by), None)

    async def _ask(self, call: Callable[[], Awaitable[Any]], fallback: object) -> Any:
        if self.away:
            return fallback
        if self._failing:
            # One finds out whether it is back; the others do without it meanwhile.
            self._away_until = time.monotonic() + PAUSE_SECONDS
        try:
            found = await call()
        # Any: a cluster's client fails in ways of its own when a node goes away (admission/shared.py).
        except Exception:  # noqa: BLE001 - a cache that is not there is no fault of the request
            self._failing = True
            self._away_until = time.monotonic() + PAUSE_SECONDS
            return fallback
        self._failing = False
        self._away_until = 0.0
        return found


def _claim_of(key: str) -> str:
    return f"{key}:claim"
