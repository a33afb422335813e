"""PUT and DELETE /devices/{device_id}: what is registered, what is refused by name, and that no token is ever told."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.problems import logs_of, problem_of

DEVICES = "select device_id, platform, environment, token from public.srv_push_devices where user_id = $1 order by 1"
CANARY = "c0ffee" + "5e" * 29


def fcm() -> str:
    return f"{uuid4().hex[:22]}:APA91b{uuid4().hex}"


async def registered(admin: asyncpg.Connection, user: Account) -> list[tuple[str, ...]]:
    return [tuple(row) for row in await admin.fetch(DEVICES, user.user_id)]


async def test_a_device_is_registered_replaced_and_removed(user: Account, admin: asyncpg.Connection) -> None:
    first, second = uuid4().hex * 2, fcm()
    put = await user.http.put("/devices/phone", json={"platform": "apns", "token": first, "environment": "sandbox"})
    assert (put.status_code, put.content) == (204, b"")
    assert await registered(admin, user) == [("phone", "apns", "sandbox", first)]
    packed = msgspec.msgpack.encode({"platform": "fcm", "token": second})
    again = await user.http.put("/devices/phone", content=packed, headers={"Content-Type": "application/msgpack"})
    assert again.status_code == 204
    assert await registered(admin, user) == [("phone", "fcm", "production", second)]
    for _ in range(2):
        assert (await user.http.delete("/devices/phone")).status_code == 204
    assert await registered(admin, user) == []


async def test_a_token_moves_to_the_user_who_registers_it_last(
    user: Account, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    other, token = await account(), fcm()
    for one in (user, other):
        answer = await one.http.put("/devices/phone", json={"platform": "fcm", "token": token})
        # The second learns nothing of the first.
        assert (answer.status_code, answer.content) == (204, b"")
    assert await registered(admin, user) == []
    # Nor can one user remove what is another's.
    await user.http.delete("/devices/phone")
    assert await registered(admin, other) == [("phone", "fcm", "production", token)]


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("token", {"platform": "apns"}),
        ("token", {"platform": "apns", "token": CANARY + "zz"}),
        ("token", {"platform": "apns", "token": CANARY[:30]}),
        ("token", {"platform": "fcm", "token": CANARY + "\0"}),
        ("token", {"platform": "fcm", "token": CANARY * 40}),
        ("token", {"platform": "fcm", "token": 7}),
        ("platform", {"platform": "web", "token": CANARY}),
        ("environment", {"platform": "apns", "token": CANARY, "environment": "staging"}),
        ("environment", {"platform": "fcm", "token": CANARY, "environment": "sandbox"}),
        ("unknown", {"platform": "apns", "token": CANARY, "badge": 1}),
        ("body", []),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_told_to_nobody(
    user: Account, stack: StackInfo, field: str, body: Any
) -> None:
    answer = await user.http.put("/devices/phone", json=body)
    assert problem_of(answer, 400, "invalid-field")["field"] == field
    assert CANARY[:30] not in answer.text
    assert not any(CANARY[:30] in text for text in logs_of(stack).values())


@pytest.mark.parametrize(("content", "kind", "slug", "status"), [
    (b"{", "application/json", "malformed-body", 400),
    (b"\xff", "application/json", "malformed-body", 400),
    (b"{}", "text/plain", "unsupported-media-type", 415),
    (b"{" + b" " * 20_000 + b"}", "application/json", "body-too-large", 413),
])  # fmt: skip
async def test_a_body_that_is_none_is_refused(user: Account, content: bytes, kind: str, slug: str, status: int) -> None:
    answer = await user.http.put("/devices/phone", content=content, headers={"Content-Type": kind})
    problem_of(answer, status, slug)


@pytest.mark.parametrize("name", ["a%20b", "%00", "x" * 65, "a%0A", "%C3%A9", "'"])
async def test_a_name_that_is_none_is_refused(user: Account, name: str) -> None:
    for answer in (
        await user.http.put(f"/devices/{name}", json={"platform": "fcm", "token": fcm()}),
        await user.http.delete(f"/devices/{name}"),
    ):
        assert problem_of(answer, 400, "invalid-parameter")["parameters"] == ["device_id"]


async def test_nobody_registers_without_a_session_and_nothing_is_read(user: Account, anyone: httpx.AsyncClient) -> None:
    for answer in (await anyone.put("/devices/phone", json={}), await anyone.delete("/devices/phone")):
        problem_of(answer, 401, "missing-token")
    problem_of(await user.http.get("/devices/phone"), 405, "method-not-allowed")
    problem_of(await user.http.get("/devices"), 404, "not-found")


async def test_a_push_leaves_a_request_and_is_counted_once(user: Account, admin: asyncpg.Connection) -> None:
    await user.http.put("/devices/tablet", json={"platform": "fcm", "token": fcm()})
    given = entity()
    before = await _counted(user)
    for _ in range(2):
        assert (await user.push("phone", given)).status_code == 200
    waiting = "select by_device, caregivers_too from private.wakeup_requests where user_id = $1"
    assert [tuple(row) for row in await admin.fetch(waiting, user.user_id)] == [("phone", True)]
    assert await _counted(user) == before + 1


async def _counted(user: Account) -> float:
    text = (await user.http.get("/metrics")).text
    (line,) = [line for line in text.splitlines() if line.startswith("wakeups_requested_total")]
    return float(line.split()[1])
