"""The cache of answers by itself: one flight, bounded memory, a lock that is let go."""

import asyncio
from typing import cast

import pytest

from medtime_backend import errors
from medtime_backend.answers import Answer, AnswerCache, Version
from medtime_backend.answers import cache as cache_module
from medtime_backend.answers.held import ENTRY_BYTES, HeldAnswers
from medtime_backend.answers.shared import SharedAnswers
from medtime_backend.metrics import Metrics

LONG = 30.0


def cache(version: list[int] | None = None, shared: SharedAnswers | None = None, mark: str = "") -> AnswerCache:
    versions = version or [1]

    async def read() -> Version:
        if not versions[0]:
            raise errors.Busy
        return Version(versions[0], mark)

    return AnswerCache(shared, Metrics(), read)


class Redis:
    """Stands for Redis: bodies and claims, which never run out."""

    away = False

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.claims: dict[str, bytes] = {}
        self.seconds: dict[str, int] = {}

    async def get(self, key: str) -> bytes | None:
        return self.bodies.get(key)

    async def put(self, key: str, body: bytes, seconds: int) -> None:
        self.bodies[key], self.seconds[key] = body, seconds

    async def claim(self, key: str, by: bytes) -> bool:
        return self.claims.setdefault(key, by) == by

    async def release(self, key: str, by: bytes) -> None:
        if self.claims.get(key) == by:
            del self.claims[key]

    @property
    def shared(self) -> SharedAnswers:
        return cast("SharedAnswers", self)


async def test_many_who_ask_at_once_have_it_made_once() -> None:
    calls = 0

    async def make() -> tuple[bytes, bool]:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return b"{}", True

    answers = cache()
    found = await asyncio.gather(*(answers.get("search", ["x"], make) for _ in range(50)))
    assert calls == 1
    assert len({answer.tag for answer in found}) == 1


@pytest.mark.parametrize(("tells", "seconds"), [(True, 24 * 3600), (False, 600)])
async def test_of_all_instances_that_ask_at_once_one_makes_it(*, tells: bool, seconds: int) -> None:
    redis, calls = Redis(), 0

    async def make() -> tuple[bytes, bool]:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.05)
        return b"{}", tells

    instances = [cache([1], redis.shared) for _ in range(4)]
    found = await asyncio.gather(*(one.get("search", ["x"], make) for one in instances for _ in range(5)))
    assert (calls, {answer.body for answer in found}) == (1, {b"{}"})
    assert list(redis.seconds.values()) == [seconds]


async def test_who_hangs_up_does_not_take_it_from_the_others() -> None:
    async def make() -> tuple[bytes, bool]:
        await asyncio.sleep(0.02)
        return b"1", True

    answers = cache()
    first = asyncio.create_task(answers.get("search", ["x"], make))
    second = asyncio.create_task(answers.get("search", ["x"], make))
    await asyncio.sleep(0.005)
    first.cancel()
    assert (await second).body == b"1"


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    outcomes = iter([errors.Busy(), None])

    async def make() -> tuple[bytes, bool]:
        await asyncio.sleep(0.005)
        fault = next(outcomes)
        if fault:
            raise fault
        return b"1", True

    answers = cache()
    asked = await asyncio.gather(*(answers.get("search", ["x"], make) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in asked] == [errors.Busy] * 3
    assert (await answers.get("search", ["x"], make)).body == b"1"


async def test_without_any_version_the_database_is_missed() -> None:
    async def make() -> tuple[bytes, bool]:
        return b"1", True

    with pytest.raises(errors.Busy):
        await cache([0]).get("search", ["x"], make)


async def test_many_who_miss_the_version_miss_it_once() -> None:
    """One after another, each would wait for as long as the database takes to say nothing."""
    reads = 0

    async def read() -> Version:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0.005)
        raise errors.Busy

    async def make() -> tuple[bytes, bool]:
        return b"1", True

    answers = AnswerCache(None, Metrics(), read)
    found = await asyncio.gather(*(answers.get("search", [n], make) for n in range(20)), return_exceptions=True)
    assert [type(one) for one in found] == [errors.Busy] * 20
    assert reads == 1


async def test_what_is_kept_is_given_while_the_database_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "VERSION_SECONDS", 0)
    monkeypatch.setattr(cache_module, "PATIENCE_SECONDS", 0.01)
    pauses = iter([0.0, *[LONG] * 20])

    async def read() -> Version:
        await asyncio.sleep(next(pauses))
        return Version(1, "")

    async def make() -> tuple[bytes, bool]:
        return b"1", True

    answers = AnswerCache(None, Metrics(), read)
    async with asyncio.timeout(LONG / 3):
        for _ in range(3):
            assert (await answers.get("search", ["x"], make)).body == b"1"
    await answers.close()


@pytest.mark.parametrize("tells", [True, False])
async def test_a_seed_that_comes_between_leaves_nothing_old_under_its_version(*, tells: bool) -> None:
    """Of two instances, one reads the version before the seed, and its rows; the other comes after it."""
    redis, versions, rows = Redis(), [1], [b"old"]
    slow, fast = cache(versions, redis.shared), cache(versions, redis.shared)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def make_slowly() -> tuple[bytes, bool]:
        read = rows[0]
        began.set()
        await go_on.wait()
        return read, tells

    async def make() -> tuple[bytes, bool]:
        return rows[0], tells

    before = asyncio.create_task(slow.get("search", ["x"], make_slowly))
    await began.wait()
    versions[0], rows[0] = 2, b"new"
    after = await fast.get("search", ["x"], make)
    go_on.set()
    assert ((await before).body, after.body) == (b"old", b"new")
    assert (await cache(versions, redis.shared).get("search", ["x"], make)).body == b"new"


async def test_a_number_that_a_restore_gives_again_is_another_version() -> None:
    redis = Redis()

    async def make(body: bytes) -> tuple[bytes, bool]:
        return body, True

    first = cache([7], redis.shared, mark="monday")
    assert (await first.get("search", ["x"], lambda: make(b"lost"))).body == b"lost"
    second = cache([7], redis.shared, mark="tuesday")
    assert (await second.get("search", ["x"], lambda: make(b"found"))).body == b"found"


@pytest.mark.parametrize("fault", [None, errors.Busy()])
async def test_whoever_waits_elsewhere_is_not_kept_waiting(fault: Exception | None) -> None:
    """For what failed, or is too large to be kept."""
    redis = Redis()

    async def make() -> tuple[bytes, bool]:
        if fault is not None:
            raise fault
        return b"x" * (cache_module.MOST_BYTES + 1), True

    await asyncio.gather(cache([1], redis.shared).get("search", ["x"], make), return_exceptions=True)
    assert (redis.bodies, redis.claims) == ({}, {})


async def test_one_finds_out_whether_redis_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it hangs, a request in a while waits for it, and the others do not."""
    shared = SharedAnswers("redis://127.0.0.1:1", 1.0)
    asked = 0

    async def hang(_: str) -> bytes:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        raise TimeoutError

    monkeypatch.setattr(shared._redis, "get", hang)  # noqa: SLF001 - what stands for a server that hangs
    assert await shared.get("x") is None
    for _ in range(3):
        monkeypatch.setattr(shared, "_away_until", 0.0)
        assert await asyncio.gather(*(shared.get("x") for _ in range(20))) == [None] * 20
    assert asked == 4
    await shared.close()


def test_what_is_held_is_bounded_in_size_and_time() -> None:
    now = [0.0]
    held = HeldAnswers(most_bytes=3 * (100 + ENTRY_BYTES), clock=lambda: now[0])
    for key in "abc":
        held.put(key, Answer.of(b"x" * 100), 10)
    assert held.get("a")
    held.put("d", Answer.of(b"x" * 100), 10)
    assert (held.get("b"), bool(held.get("a"))) == (None, True)
    now[0] = 10
    assert [held.get(key) for key in "acd"] == [None] * 3
    assert held._bytes == 0  # noqa: SLF001 - the books must be even


def test_answers_that_say_nothing_are_bounded_too() -> None:
    """Whoever makes up ids must not fill the memory with what there is not."""
    held = HeldAnswers(most_bytes=100 * ENTRY_BYTES)
    for number in range(1000):
        held.put(str(number), Answer.of(b""), 60)
    assert sum(held.get(str(number)) is not None for number in range(1000)) == 100
