"""The script in Redis: a clock that steps back, sessions that pile up, a server that has forgotten everything."""

from collections.abc import AsyncIterator
from time import time
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from medtime_backend.admission.shared import SharedStore
from medtime_backend.admission.terms import Admitted, Reading, SessionKey, UnknownSession, Window
from tests.admission.redis_servers import Server

HOUR = 3600


@pytest.fixture
async def shared(valkey: Server) -> AsyncIterator[SharedStore]:
    store = SharedStore(valkey.url, 2.0, 45)
    yield store
    await store.close()


@pytest.fixture
async def redis(valkey: Server) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey.url) as client:
        yield client


def milliseconds(after: float = 0) -> int:
    return int((time() + after) * 1000)


async def test_hits_of_a_future_that_was_taken_back_hold_nobody_up(shared: SharedStore, redis: Redis) -> None:
    window = Window("sync_push", str(uuid4()), 3)
    await redis.lpush(window.key, *[milliseconds(HOUR)] * 3)
    answer = await shared.admit([window])
    assert isinstance(answer, Admitted)
    assert answer.remaining == 2
    assert answer.reset <= 60


async def test_a_small_step_back_empties_no_window(shared: SharedStore, redis: Redis) -> None:
    window = Window("sync_push", str(uuid4()), 3)
    await redis.lpush(window.key, *[milliseconds(5)] * 3)
    answer = await shared.admit([window])
    assert not isinstance(answer, Admitted)
    assert answer.reset <= 60  # type: ignore[union-attr] # a full window


async def test_a_session_noted_in_a_future_that_was_taken_back_is_read_again(shared: SharedStore, redis: Redis) -> None:
    one = SessionKey(uuid4(), uuid4())
    await redis.hset(one.key, str(one.session_id), f"live {milliseconds(HOUR)}")
    assert isinstance(await shared.admit((), one), UnknownSession)


async def test_sessions_of_the_past_do_not_pile_up(shared: SharedStore, redis: Redis) -> None:
    user = uuid4()
    key = SessionKey(user, uuid4()).key
    await redis.hset(key, mapping={str(uuid4()): f"live {milliseconds(-1)}" for _ in range(100)})
    one = SessionKey(user, uuid4())
    asked = await shared.admit((), one)
    assert isinstance(asked, UnknownSession)
    assert isinstance(await shared.admit((), one, (), Reading("live", asked.generation)), Admitted)
    # This session, and the generation.
    assert await redis.hlen(key) == 2


async def test_a_reading_begun_before_the_server_forgot_everything_is_void(own_valkey: Server) -> None:
    store = SharedStore(own_valkey.url, 2.0, 45)
    one = SessionKey(uuid4(), uuid4())
    asked = await store.admit((), one)
    assert isinstance(asked, UnknownSession)
    own_valkey.kill()
    own_valkey.start()
    await store.end_sessions(one, "local")
    assert isinstance(await store.admit((), one, (), Reading("live", asked.generation)), UnknownSession)
    await store.close()
