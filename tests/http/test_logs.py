"""The service's log: a line for each answer, of allowed fields only, and nothing of anybody's data."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

import medtime_backend
from medtime_backend.local.options import StackInfo
from medtime_backend.logs import FIELDS
from tests.accounts import Account, entity
from tests.http.problems import CANARY, logs_of

EVENTS = {
    event
    for module in Path(medtime_backend.__file__).parent.rglob("*.py")
    for event in re.findall(r'\blog\.(?:info|warning|error)\(\s*"([a-z_]+)"', module.read_text(encoding="utf-8"))
}
"""Those that the code knows: words of ours, and none of a request."""


def lines(stack: StackInfo) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stack.service_log.read_text().splitlines() if line.startswith("{")]


async def line_of(stack: StackInfo, http: httpx.AsyncClient, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The log line of a request, found by its id."""
    marked = str(uuid4())
    await http.request(method, path, headers={"X-Request-Id": marked}, **more)
    (line,) = [line for line in lines(stack) if line.get("request_id") == marked]
    return line


async def test_an_answer_is_one_line_of_ids_times_and_codes(stack: StackInfo, user: Account) -> None:
    body = {"device_id": CANARY, "entities": [entity(entity_type=CANARY)]}
    line = await line_of(stack, user.http, "POST", "/sync/push", json=body)
    assert line.pop("duration_ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("request_id")
    assert line == {
        "event": "request",
        "level": "info",
        "route": "/sync/push",
        "status": 200,
        "user_id": str(user.user_id),
        "entities": 1,
        "problem": None,
    }


@pytest.mark.parametrize(
    ("request_line", "status", "problem"),
    [
        ("GET /sync/pull", 400, "invalid-parameter"),
        (f"GET /sync/pull?device_id={CANARY}&clock={CANARY}", 410, "resync-required"),
        (f"POST /sync/push?{CANARY}", 400, "invalid-parameter"),
        (f"DELETE /sync/status?{CANARY}", 405, "method-not-allowed"),
        (f"GET /{CANARY}", 404, "not-found"),
    ],
)
async def test_a_refusal_is_a_line_with_its_problem(
    stack: StackInfo, user: Account, request_line: str, status: int, problem: str
) -> None:
    method, path = request_line.split()
    line = await line_of(stack, user.http, method, path)
    assert (line["status"], line["problem"]) == (status, problem)
    assert line["route"] == (path.partition("?")[0] if status < 404 or status == 410 else None)


async def test_without_a_valid_token_there_is_no_user(stack: StackInfo, anyone: httpx.AsyncClient) -> None:
    line = await line_of(stack, anyone, "GET", f"/sync/status?{CANARY}=1")
    assert (line["status"], line["problem"], line["user_id"]) == (401, "missing-token", None)


async def test_requests_at_once_do_not_mix_their_ids(stack: StackInfo, user: Account) -> None:
    ids = [str(uuid4()) for _ in range(40)]
    answers = await asyncio.gather(
        *(user.http.get("/sync/status", headers={"X-Request-Id": one}) for one in ids),
        *(user.http.get("/sync/status") for _ in ids),
    )
    assert [answer.headers["x-request-id"] for answer in answers[:40]] == ids
    assert len({answer.headers["x-request-id"] for answer in answers}) == 80
    logged = [line["request_id"] for line in lines(stack)]
    assert all(logged.count(answer.headers["x-request-id"]) == 1 for answer in answers)


async def test_a_client_that_hangs_up_is_no_fault_of_ours(stack: StackInfo, user: Account) -> None:
    address = urlsplit(stack.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    marked = str(uuid4())
    head = (
        f"POST /sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\nX-Request-Id: {marked}\r\n"
        f"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    writer.write(head.encode() + b'{"device_id": "' + CANARY.encode())
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()
    for _ in range(1000):
        found = [line for line in lines(stack) if line.get("request_id") == marked]
        if found:
            break
        await asyncio.sleep(0.02)
    assert [(line["event"], line.get("status"), line.get("problem")) for line in found] == [
        ("request", 400, "malformed-body")
    ]
    assert not await reader.read()


async def test_no_line_has_more_than_is_allowed(stack: StackInfo, user: Account) -> None:
    given = entity()
    answer = await user.push(CANARY, given, clock=None)
    assert answer.status_code == 200
    assert (await user.pull(CANARY, answer.json()["clock"], entity_type=CANARY)).status_code == 410
    for line in lines(stack):
        assert line.keys() <= FIELDS
        # All that this test process has done until now, a slow moment of Redis among it.
        assert line["event"] in EVENTS
    for name, text in logs_of(stack).items():
        for secret in (CANARY, given["blob"], given["checksum"], given["id"], user.token, answer.json()["clock"]):
            assert secret not in text, name


async def test_postgres_says_nothing_of_statements_and_values(stack: StackInfo) -> None:
    text = logs_of(stack)["postgres.log"]
    assert "STATEMENT:" not in text
    assert "DETAIL:" not in text
    assert "parameters" not in text
