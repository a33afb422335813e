"""The service's calls of the sender: few, never waited for, and whatever happens to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from medtime_backend.metrics import Metrics
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError
from medtime_backend.wakeup_calls import WakeupCalls

GIVEN = {"database_url": "postgresql://x/y", "jwks_url": "https://auth.test/.well-known/jwks.json"}
SETTINGS = Settings(**GIVEN, functions_url="https://project.test/functions/v1/", functions_key="trigger")


@asynccontextmanager
async def calls_to(
    handler: Callable[[httpx.Request], object], settings: Settings = SETTINGS, pause: float = 0.01
) -> AsyncIterator[tuple[WakeupCalls, Metrics]]:
    metrics = Metrics()
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:  # type: ignore[arg-type] # some raise
        calls = WakeupCalls(settings, metrics, http, pause)
        calls.open()
        try:
            yield calls, metrics
        finally:
            await calls.close()


def counted(metrics: Metrics, result: str) -> float:
    return metrics.wakeup_calls.labels(result)._value.get()  # noqa: SLF001 - there is no other way to ask


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for is a counter
            await asyncio.sleep(0.005)


async def test_many_requests_are_few_calls_and_none_is_forgotten() -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()
    asked: list[httpx.Request] = []

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        under_way.set()
        await go_on.wait()
        return httpx.Response(200)

    async with calls_to(slow) as (calls, metrics):
        for _ in range(100):
            calls.request()
        await under_way.wait()
        # Too late for the call that is under way: one more follows.
        for _ in range(100):
            calls.request()
        assert len(asked) == 1
        go_on.set()
        await until(lambda: counted(metrics, "ok") == 2)
        await asyncio.sleep(0.05)
        assert len(asked) == 2
    assert str(asked[0].url) == "https://project.test/functions/v1/push-notify"
    assert (asked[0].method, asked[0].headers["apikey"]) == ("POST", "trigger")


async def test_a_sender_that_fails_is_counted_and_called_again() -> None:
    answers = iter(
        [httpx.Response(500), httpx.ConnectError("x"), httpx.Response(302), ValueError(), httpx.Response(200)]
    )

    def fail(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with calls_to(fail) as (calls, metrics):
        for number in range(1, 5):
            calls.request()
            await until(lambda number=number: counted(metrics, "failed") == number)
        calls.request()
        await until(lambda: counted(metrics, "ok") == 1)


async def test_a_sender_that_hangs_does_not_hold_the_service_up() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async with calls_to(hang) as (calls, _):
        calls.request()
        await asyncio.sleep(0.05)


async def test_without_an_address_nobody_is_called() -> None:
    async with calls_to(lambda _: pytest.fail("called"), Settings(**GIVEN)) as (calls, metrics):
        calls.request()
        await asyncio.sleep(0.05)
        assert metrics.wakeups_requested._value.get() == 1  # noqa: SLF001 - as above


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"functions_url": "https://a.test"}, "FUNCTIONS_KEY"),
        ({"functions_url": "http://a.test", "functions_key": "k"}, "must be https"),
        ({"functions_url": "ftp://a.test", "functions_key": "k"}, "no http"),
        ({"functions_key": "a\nb", "functions_url": "https://a.test"}, "no header"),
    ],
)
def test_wrong_settings_are_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings(**GIVEN, **given)
