"""Time limits kept by one timer: the same as asyncio.timeout, also when somebody else cancels."""

import asyncio

import pytest

from medtime_backend.deadlines import Deadlines

LONG = 30.0


async def test_what_ends_in_time_is_left_alone() -> None:
    deadlines = Deadlines(LONG)
    with deadlines.begin() as deadline:
        await asyncio.sleep(0)
    assert not deadline.expired


async def test_what_does_not_is_ended() -> None:
    with pytest.raises(TimeoutError), Deadlines(0.01).begin() as deadline:
        await asyncio.sleep(LONG)
    assert deadline.expired
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_each_has_its_own_time() -> None:
    """The first is over long before the second, and the timer goes on to that one."""
    deadlines = Deadlines(0.05)
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            with deadlines.begin():
                await asyncio.sleep(LONG)
        except TimeoutError:
            ended.append(name)

    async with asyncio.timeout(LONG), asyncio.TaskGroup() as tasks:
        for name in ("first", "second", "third"):
            tasks.create_task(wait(name))
            await asyncio.sleep(0.01)
    assert ended == ["first", "second", "third"]


async def test_the_timer_starts_again_after_everybody_has_gone() -> None:
    deadlines = Deadlines(0.01)
    for _ in range(3):
        with pytest.raises(TimeoutError), deadlines.begin():
            await asyncio.sleep(LONG)
        with deadlines.begin() as deadline:
            pass
        await asyncio.sleep(0.03)
        assert not deadline.expired


async def test_a_cancellation_by_somebody_else_stays_one() -> None:
    async def wait() -> None:
        with Deadlines(LONG).begin():
            await asyncio.sleep(LONG)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_both_at_once_is_a_cancellation() -> None:
    async def wait() -> None:
        with Deadlines(LONG).begin() as deadline:
            deadline.expire()
            await asyncio.sleep(LONG)

    task = asyncio.create_task(wait())
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_another_fault_on_the_way_out_is_raised_as_it_is() -> None:
    async def wait() -> None:
        with Deadlines(0.01).begin():
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                raise LookupError from None

    with pytest.raises(LookupError):
        await wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
