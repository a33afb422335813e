"""The cache of answers by itself: one flight, bounded memory, a lock that is let go."""

import asyncio

import pytest

from medtime_backend import errors
from medtime_backend.answers import Answer, AnswerCache
from medtime_backend.answers.held import HeldAnswers
from medtime_backend.metrics import Metrics


def cache(version: list[int] | None = None) -> AnswerCache:
    versions = version or [1]

    async def read() -> int:
        if not versions[0]:
            raise errors.Busy
        return versions[0]

    return AnswerCache(None, Metrics(), read)


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


def test_what_is_held_is_bounded_in_size_and_time() -> None:
    now = [0.0]
    held = HeldAnswers(most_bytes=300, clock=lambda: now[0])
    for key in "abc":
        held.put(key, Answer.of(b"x" * 100), 10)
    assert held.get("a")
    held.put("d", Answer.of(b"x" * 100), 10)
    assert (held.get("b"), bool(held.get("a"))) == (None, True)
    now[0] = 10
    assert [held.get(key) for key in "acd"] == [None] * 3
    assert held._bytes == 0  # noqa: SLF001 - the books must be even
