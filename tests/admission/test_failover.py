"""Redis away: this process goes on alone, says so once, counts it, and finds back by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from medtime_backend.admission.in_process import InProcessStore
from medtime_backend.admission.shared import SharedStore
from medtime_backend.admission.store import RETRY_SECONDS, TELL_SECONDS, FailoverStore
from medtime_backend.admission.terms import Admitted, Full, Reading, SessionKey, UnknownSession, Window
from medtime_backend.metrics import Metrics
from tests.admission.redis_servers import Server


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """A failover store on a server that can be killed."""

    def __init__(self, server: Server, timeout: float = 5) -> None:
        self.server = server
        self.time = Time()
        self.metrics = Metrics()
        self.shared = SharedStore(server.url, timeout, 45)
        self.store = FailoverStore(self.shared, InProcessStore(45), self.metrics, self.time)

    async def ask(self, window: Window) -> Any:
        return await self.store.run(lambda store: store.admit([window]))

    def value(self, name: str) -> float:
        registry: CollectorRegistry = self.metrics.registry
        return registry.get_sample_value(name) or 0.0


@pytest.fixture
async def rig(own_valkey: Server) -> AsyncIterator[Rig]:
    made = Rig(own_valkey)
    await made.store.open()
    yield made
    await made.store.close()


def window(limit: int = 3) -> Window:
    return Window("sync_push", str(uuid4()), limit)


async def test_limits_hold_without_redis_and_are_back_with_it(rig: Rig) -> None:
    asked = window()
    assert isinstance(await rig.ask(asked), Admitted)
    assert rig.value("redis_up") == 1
    rig.server.kill()
    answers = [await rig.ask(asked) for _ in range(5)]
    assert [isinstance(answer, Admitted) for answer in answers] == [True, True, True, False, False]
    assert rig.value("redis_up") == 0
    assert rig.value("admissions_without_redis_total") == 5
    rig.server.start()
    # Not before its time: nobody waits for a server that was away a moment ago.
    assert isinstance(await rig.ask(asked), Full)
    rig.time.now += RETRY_SECONDS
    back = await rig.ask(asked)
    assert isinstance(back, Admitted)
    assert back.remaining == 2
    assert rig.value("redis_up") == 1


async def test_an_outage_is_told_once(rig: Rig) -> None:
    with capture_logs() as lines:
        rig.server.kill()
        for _ in range(20):
            await rig.ask(window())
            rig.time.now += RETRY_SECONDS
        rig.server.start()
        await rig.ask(window())
        await rig.ask(window())
    assert [line["event"] for line in lines] == ["redis_unavailable", "redis_back"]
    assert str(rig.server.port) not in str(lines)


async def test_a_long_outage_is_told_again(rig: Rig) -> None:
    with capture_logs() as lines:
        rig.server.kill()
        for _ in range(3):
            await rig.ask(window())
            rig.time.now += TELL_SECONDS
    assert [line["event"] for line in lines] == ["redis_unavailable"] * 3


async def test_a_server_that_hangs_holds_up_few(own_valkey: Server) -> None:
    rig = Rig(own_valkey, 0.5)
    await rig.ask(window())
    rig.server.process.send_signal(signal.SIGSTOP)
    try:
        # One after another, they would wait two minutes and a half.
        async with asyncio.timeout(30):
            answers = await asyncio.gather(*(rig.ask(window()) for _ in range(300)))
        assert all(isinstance(answer, Admitted) for answer in answers)
        # While it is known to be away, nobody asks it at all.
        async with asyncio.timeout(30):
            for _ in range(200):
                await rig.ask(window())
    finally:
        rig.server.process.send_signal(signal.SIGCONT)
        await rig.store.close()


async def test_a_start_without_redis(own_valkey: Server) -> None:
    own_valkey.kill()
    rig = Rig(own_valkey)
    with capture_logs() as lines:
        await rig.store.open()
        assert isinstance(await rig.ask(window()), Admitted)
    assert [line["event"] for line in lines] == ["redis_unavailable"]
    await rig.store.close()


async def test_without_an_address_it_is_this_process_alone() -> None:
    metrics = Metrics()
    with capture_logs() as lines:
        store = FailoverStore(None, InProcessStore(45), metrics)
        await store.open()
        asked = window(1)
        first = await store.run(lambda own: own.admit([asked]))
        second = await store.run(lambda own: own.admit([asked]))
    assert isinstance(first, Admitted)
    assert isinstance(second, Full)
    assert [line["event"] for line in lines] == ["redis_not_configured"]
    await store.close()


async def test_a_sign_out_is_not_forgotten_when_redis_comes_and_goes(rig: Rig) -> None:
    one = SessionKey(uuid4(), uuid4())

    async def ask(reading: Reading | None = None) -> Any:
        return await rig.store.run(lambda store: store.admit((), one, (), reading))

    rig.server.kill()
    asked = await ask()
    assert isinstance(await ask(Reading("live", asked.generation)), Admitted)
    rig.server.start()
    rig.time.now += RETRY_SECONDS
    await rig.store.end_sessions(one, "local")
    rig.server.kill()
    assert isinstance(await ask(), UnknownSession)


async def test_an_answer_that_was_on_its_way_does_not_end_an_outage(rig: Rig) -> None:
    """Of a cluster, one node may be gone while others still answer: the log must not flicker."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> str:
        begun.set()
        await go_on.wait()
        return "late"

    straggler = asyncio.create_task(rig.store.run(slow))
    await begun.wait()
    rig.server.kill()
    await rig.ask(window())
    go_on.set()
    assert await straggler == "late"
    assert rig.value("redis_up") == 0
