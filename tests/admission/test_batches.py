"""Calls of the same moment share the way to Redis, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from medtime_backend.admission.batches import MOST_BATCHES, MOST_CALLS, Batches
from tests.admission.redis_servers import Server

MANY = 5 * MOST_CALLS


@pytest.fixture
async def redis(valkey: Server) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey.url, decode_responses=True)
    await client.flushall()
    yield client
    await client.aclose()


async def test_each_call_gets_its_own_answer(redis: Redis) -> None:
    batches = Batches(redis)
    answers = await asyncio.gather(*(batches.call("ECHO", str(number)) for number in range(MANY)))
    assert answers == [str(number) for number in range(MANY)]


async def test_they_go_together(redis: Redis) -> None:
    batches = Batches(redis)
    before = (await redis.info("stats"))["total_reads_processed"]
    await asyncio.gather(*(batches.call("INCR", "counter") for _ in range(MANY)))
    reads = (await redis.info("stats"))["total_reads_processed"] - before
    assert await redis.get("counter") == str(MANY)
    assert reads < MANY / 4


async def test_one_that_is_refused_spoils_no_other(redis: Redis) -> None:
    batches = Batches(redis)
    await redis.set("text", "a")
    answers = await asyncio.gather(
        *(batches.call(*call) for call in [("INCR", "one"), ("INCR", "text"), ("NONSENSE",), ("INCR", "two")]),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [int, ResponseError, ResponseError, int]


async def test_who_hangs_up_takes_nobody_along(redis: Redis) -> None:
    batches = Batches(redis)
    callers = [asyncio.create_task(batches.call("INCR", "counter")) for _ in range(20)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    found = await asyncio.gather(*callers, return_exceptions=True)
    assert sum(isinstance(one, int) for one in found) == 10
    assert await batches.call("ECHO", "still there") == "still there"


async def test_a_server_that_is_away_is_told_to_each(own_valkey: Server) -> None:
    client = Redis.from_url(own_valkey.url, decode_responses=True)
    batches = Batches(client)
    assert await batches.call("ECHO", "here") == "here"
    own_valkey.kill()
    calls = [batches.call("ECHO", "anybody?") for _ in range(MOST_BATCHES * 5)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, RedisConnectionError) for one in found)
    await client.aclose()
