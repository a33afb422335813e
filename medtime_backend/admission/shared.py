"""Windows and sessions in Redis, one round trip a request, the same for all instances."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from medtime_backend.admission.batches import Batches
from medtime_backend.admission.terms import (
    SPAN_SECONDS,
    Admitted,
    Answer,
    ClosedSession,
    Full,
    Reading,
    SessionKey,
    UnknownSession,
    Window,
)

CONNECTIONS = 32
"""Requests of a worker that may ask Redis at the same time; others wait for their turn."""


class StoreUnavailableError(Exception):
    """Redis could not answer; the text is the class of what went wrong, since its own could name the address."""


Result = TypeVar("Result")


@cache
def _script(name: str) -> tuple[str, str]:
    """A script's text and the name by which Redis remembers it."""
    text = (resources.files("medtime_backend") / "admission" / "scripts" / f"{name}.lua").read_text()
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class SharedStore:
    """Redis or Redis Cluster. Every method but `close` raises StoreUnavailableError when Redis cannot answer."""

    def __init__(self, url: str, timeout: float, session_max_age: float) -> None:
        # One retry at once: a connection kept from before a restart fails at its first use.
        options: dict[str, Any] = {
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            "decode_responses": True,
        }
        scheme, _, rest = url.partition("://")
        self._cluster = scheme.endswith("+cluster")
        self._redis: Redis | RedisCluster
        # A cluster's calls go to different nodes.
        self._call: Callable[..., Awaitable[Any]]
        if self._cluster:
            address = f"{scheme.removesuffix('+cluster')}://{rest}"
            # Two calls of one request may go to the same node.
            self._redis = RedisCluster.from_url(
                address, require_full_coverage=False, max_connections=2 * CONNECTIONS, **options
            )
            self._call = self._redis.execute_command
        else:
            pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=timeout, **options)
            self._redis = Redis.from_pool(pool)
            self._call = Batches(self._redis).call
        self._max_age_ms = int(session_max_age * 1000)

    async def open(self) -> None:
        """Connect: the cluster's client learns its nodes, which many requests at once would disturb."""
        await self._guarded(self._redis.initialize() if isinstance(self._redis, RedisCluster) else self._redis.ping())

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def admit(
        self,
        by_address: Sequence[Window],
        session: SessionKey | None = None,
        by_user: Sequence[Window] = (),
        reading: Reading | None = None,
    ) -> Answer:
        """Count a request against all windows if all have room and the session is live; else against none.

        Exception: a request that is refused for its session or its user still counts for its address.
        """
        if not self._cluster or not by_address or session is None:
            return await self._ask(by_address, session, by_user, reading)
        # The address's keys and the user's lie on different nodes: both are asked at the same time.
        of_address, of_user = await asyncio.gather(
            self._ask(by_address, None, (), None), self._ask((), session, by_user, reading)
        )
        if isinstance(of_address, Admitted):
            return of_user
        if isinstance(of_user, Admitted):
            refunds = (self._redis.execute_command("LPOP", window.key) for window in by_user)
            await self._guarded(asyncio.gather(*refunds))
        return of_address

    async def end_sessions(self, session: SessionKey, scope: str) -> None:
        """Forget the session (`local`), the user's others (`others`) or all (`global`)."""
        await self._run("end_sessions", [session.key], [scope, str(session.session_id), 2 * self._max_age_ms])

    async def _ask(
        self,
        by_address: Sequence[Window],
        session: SessionKey | None,
        by_user: Sequence[Window],
        reading: Reading | None,
    ) -> Answer:
        windows = [*by_address, *by_user]
        keys = [window.key for window in by_address]
        arguments: list[str | int] = [SPAN_SECONDS * 1000, len(by_address), *(window.limit for window in windows)]
        if session is not None:
            keys += [session.key, *(window.key for window in by_user)]
            noted = reading or Reading("", "")
            arguments += [str(session.session_id), noted.state, noted.generation, self._max_age_ms]
        answer = await self._run("admit", keys, arguments)
        match answer:
            case ["ok", remaining, reset]:
                return Admitted(remaining, reset / 1000)
            case ["full", number, reset]:
                return Full(windows[number - 1], reset / 1000)
            case ["unknown", generation]:
                return UnknownSession(generation)
            case _:
                return ClosedSession(answer[1])

    async def _run(self, name: str, keys: list[str], arguments: list[str | int]) -> Any:
        text, digest = _script(name)
        try:
            return await self._call("EVALSHA", digest, len(keys), *keys, *arguments)
        except NoScriptError:
            # New to this node, or restarted: the text itself is remembered by being run.
            return await self._guarded(self._redis.execute_command("EVAL", text, len(keys), *keys, *arguments))
        except Exception as fault:
            raise StoreUnavailableError(type(fault).__name__) from fault

    async def _guarded(self, call: Awaitable[Result]) -> Result:
        try:
            return await call
        # Any: when a node goes away, redis-py's cluster client closes connections that other requests are using,
        # which then fail in ways of their own (AttributeError and the like).
        except Exception as fault:
            raise StoreUnavailableError(type(fault).__name__) from fault
