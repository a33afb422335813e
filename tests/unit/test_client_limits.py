"""The reference client keeps to the rate limits by itself, and gets a full account unstuck (S25, S26, S44)."""

import math
from typing import Any

import httpx
import pytest

from medtime_backend.client import Device, ProblemError
from tests.unit.sync_stub import Stub, body_of, problem

SPAN = 60.0
FREE = {"sync_push": 10, "sync_pull": 30}


class Metered(Stub):
    """The service with the free tier's limits, on a clock that only sleeping moves."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.hits: dict[str, list[float]] = {group: [] for group in FREE}
        self.refused = 0
        self.quota = math.inf

    def device(self, device_id: str = "phone", **more: Any) -> Device:
        device = super().device(device_id, **more)
        object.__setattr__(device._service, "clock", lambda: self.now)  # noqa: SLF001 - time is the test's
        return device

    def used(self) -> int:
        return sum(len(row["blob"]) for row in self.rows.values())

    def handle(self, request: httpx.Request) -> httpx.Response:
        group = "sync_push" if request.url.path == "/sync/push" else "sync_pull"
        hits = self.hits[group] = [hit for hit in self.hits[group] if hit > self.now - SPAN]
        if len(hits) >= FREE[group]:
            self.refused += 1
            wait = math.ceil(hits[0] + SPAN - self.now)
            return problem(429, "rate-limited", {"retry-after": str(wait)}, retryable=True)
        hits.append(self.now)
        answer = super().handle(request)
        answer.headers["x-ratelimit-remaining"] = str(FREE[group] - len(hits))
        answer.headers["x-ratelimit-reset"] = str(math.ceil(hits[0] + SPAN - self.now))
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/sync/push":
            grown = self.used()
            for item in body_of(request)["entities"]:
                grown += len(item["blob"]) - len(self.rows.get(item["id"], {"blob": b""})["blob"])
            if grown > max(self.quota, self.used()):
                return problem(403, "quota-exceeded")
        return super()._answer(request)

    async def _sleep(self, seconds: float) -> None:
        await super()._sleep(seconds)
        self.now += seconds


async def test_s26_a_first_sync_of_a_thousand_entities_needs_no_wait() -> None:
    service = Metered()
    phone = service.device()
    for number in range(1000):
        phone.put("note", b"%d" % number)
    await phone.sync()
    tablet = service.device("tablet")
    await tablet.sync()
    assert len(tablet.state.own.entities) == 1000
    assert service.refused == 0
    assert service.slept == []


async def test_s26_a_first_sync_of_ten_thousand_keeps_the_pace_and_is_never_refused() -> None:
    service = Metered()
    phone = service.device()
    for number in range(10_000):
        phone.put("note", b"%d" % number)
    await phone.sync()
    assert service.refused == 0
    # Ten pushes of a hundred a minute.
    assert 9 * SPAN <= service.now <= 11 * SPAN
    began = service.now
    tablet = service.device("tablet")
    await tablet.sync()
    assert len(tablet.state.own.entities) == 10_000
    assert service.refused == 0
    # Thirty pages of a hundred a minute.
    assert service.now - began <= 5 * SPAN


async def test_s25_what_others_used_up_is_waited_for() -> None:
    service = Metered()
    service.hits["sync_push"] = [0.0] * FREE["sync_push"]
    phone = service.device()
    phone.put("note", b"x")
    await phone.sync()
    assert service.refused == 1
    assert len(service.rows) == 1
    assert service.now >= SPAN


async def test_s44_a_full_account_is_told_and_nothing_is_lost() -> None:
    service = Metered()
    phone = service.device()
    first = phone.put("note", b"x" * 100)
    await phone.sync()
    service.quota = service.used()
    phone.put("note", b"y" * 100)
    for _ in range(3):
        with pytest.raises(ProblemError) as full:
            await phone.sync()
        assert full.value.problem.slug == "quota-exceeded"
        assert not full.value.retryable
        assert not phone.state.rejected
    assert service.slept == []
    phone.delete(first)
    await phone.sync()
    assert len([row for row in service.rows.values() if not row["deleted"]]) == 1


async def test_deletions_get_through_to_a_full_account_beside_what_does_not_fit() -> None:
    service = Metered()
    phone = service.device()
    ids = [phone.put("note", b"x" * 100) for _ in range(5)]
    await phone.sync()
    service.quota = service.used() - 300
    for _ in range(40):
        phone.put("note", b"y" * 5000)
    phone.delete(ids[0])
    with pytest.raises(ProblemError, match="quota-exceeded"):
        await phone.sync()
    assert service.rows[ids[0]]["deleted"]
