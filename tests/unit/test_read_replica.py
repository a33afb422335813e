"""Whether a replica is asked: what one request finds out holds for all, and nobody waits for what is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from medtime_backend import errors, read_replica, replica_presence
from medtime_backend.database import Database
from medtime_backend.metrics import Metrics
from medtime_backend.read_replica import ReadReplica

ROWS = [{"answer": "x"}]
LONG = 30.0


class Server:
    """Stands for a database: counts what it is asked, and answers as it is told to."""

    def __init__(self, answer: Callable[[], Awaitable[Any]]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def fetch(self, name: str, *_: object) -> Any:
        self.asked.append(name)
        found = await self.answer()
        return [{"flushed": "0/1", "system": 1, "timeline": 1, "fault": "" if found else "behind"}]

    async def fetch_unless(self, _fault: str, _about: object, name: str, *_: object) -> Any:
        self.asked.append(name)
        return ROWS if await self.answer() else "behind"


async def well() -> bool:
    return True


async def behind() -> bool:
    return False


async def hung() -> bool:
    await asyncio.sleep(LONG)
    return True


async def broken() -> bool:
    await asyncio.sleep(0)
    raise errors.Busy


def reads(primary: Server, replica: Server) -> ReadReplica:
    return ReadReplica(cast("Database", primary), cast("Database", replica), Metrics())


async def at_once(found: ReadReplica, many: int = 20) -> list[Any]:
    async with asyncio.timeout(LONG / 3):
        return list(await asyncio.gather(*(found.fetch("pull") for _ in range(many))))


async def settled(found: ReadReplica) -> None:
    """Wait until a trial, if there is one, has ended."""
    trial = found._presence._trial  # noqa: SLF001 - nothing else tells
    if trial is not None:
        await asyncio.wait([trial], timeout=LONG)


async def test_many_who_ask_at_once_ask_for_the_position_once() -> None:
    primary, replica = Server(well), Server(well)
    assert await at_once(reads(primary, replica)) == [ROWS] * 20
    assert primary.asked == ["primary_position"]


async def test_a_primary_that_fails_is_waited_for_once_and_is_no_fault_of_the_replica() -> None:
    async def slowly_broken() -> bool:
        await asyncio.sleep(0.01)
        raise errors.Busy

    primary, replica = Server(slowly_broken), Server(well)
    found = reads(primary, replica)
    assert await at_once(found) == [None] * 20
    assert primary.asked == ["primary_position"]
    primary.answer = well
    assert await found.fetch("pull") == ROWS


async def test_one_failure_sends_all_who_wait_to_the_primary() -> None:
    """The first one fails while the others hang: they need not find out for themselves."""
    answers = iter([broken, *[hung] * 50])

    async def first_breaks() -> bool:
        return await next(answers)()

    replica = Server(first_breaks)
    found = reads(Server(well), replica)
    assert await at_once(found) == [None] * 20
    assert await at_once(found) == [None] * 20
    assert len(replica.asked) == 20
    await found._presence.close()  # noqa: SLF001 - there is no pool to close


async def test_a_replica_that_hangs_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_replica, "PATIENCE_SECONDS", 0.01)
    replica = Server(hung)
    assert await at_once(reads(Server(well), replica)) == [None] * 20


async def test_it_is_tried_again_in_the_background_by_one() -> None:
    replica = Server(broken)
    found = reads(Server(well), replica)
    assert await found.fetch("pull") is None
    presence = found._presence  # noqa: SLF001 - its pause is made to be over
    for tried in range(1, 4):
        presence._until = 0.0  # noqa: SLF001 - see above
        assert await at_once(found) == [None] * 20
        await settled(found)
        assert replica.asked == ["pull", *["replica_fault"] * tried]
    # Each time it is left alone for longer.
    assert presence._pause == replica_presence.PAUSE_SECONDS * 2**4  # noqa: SLF001 - see above
    replica.answer = well
    presence._until = 0.0  # noqa: SLF001 - see above
    assert await found.fetch("pull") is None
    await settled(found)
    assert await at_once(found) == [ROWS] * 20
    assert presence._pause == replica_presence.PAUSE_SECONDS  # noqa: SLF001 - see above


async def test_one_that_is_behind_is_left_alone() -> None:
    replica = Server(behind)
    found = reads(Server(well), replica)
    assert await found.fetch("pull") is None
    assert await at_once(found) == [None] * 20
    assert replica.asked == ["pull"]


async def test_who_hangs_up_leaves_nothing_behind() -> None:
    replica = Server(hung)
    found = reads(Server(well), replica)
    one = asyncio.create_task(found.fetch("pull"))
    while not replica.asked:  # noqa: ASYNC110 - it comes in a few turns of the loop
        await asyncio.sleep(0)
    one.cancel()
    await asyncio.gather(one, return_exceptions=True)
    replica.answer = well
    assert await found.fetch("pull") == ROWS
