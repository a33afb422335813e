"""What several want at once: done once, whoever hangs up."""

import asyncio

import pytest

from medtime_backend import errors
from medtime_backend.flights import Flights


async def test_a_failure_is_met_once_by_all_who_wait() -> None:
    calls = 0

    async def fail() -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        raise errors.Busy

    flights: Flights[int] = Flights()
    found = await asyncio.gather(*(flights.join("x", fail) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in found] == [errors.Busy] * 5
    assert calls == 1
    assert "x" not in flights


async def test_the_first_who_hangs_up_fails_nobody() -> None:
    done = asyncio.Event()

    async def work() -> int:
        await done.wait()
        return 1

    flights: Flights[int] = Flights()
    waiting = [asyncio.create_task(flights.join("x", work)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    done.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]


async def test_who_waits_when_all_is_closed_is_told() -> None:
    flights: Flights[bool] = Flights()
    waiting = asyncio.create_task(flights.join("x", asyncio.Event().wait))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(errors.Busy):
        await waiting
