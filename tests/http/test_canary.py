"""Marks in bodies, tokens, queries and headers of every endpoint turn up in no log, metric or error answer.

The endpoints are those of the OpenAPI document, so one that comes later is driven too.
"""

import json
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from medtime_backend.logs import FIELDS
from tests.accounts import Account, entity
from tests.http.bearer import SUBJECT, bearer
from tests.http.own_service import service
from tests.http.problems import logs_of

MARK = "mark9c41e7"
MARKS = {
    place: f"{MARK}{place}" for place in ("path", "query", "name", "header", "cookie", "agent", "token", "body", "form")
}
HEADERS = {
    "X-Marked": MARKS["header"],
    "Cookie": f"session={MARKS['cookie']}",
    "User-Agent": MARKS["agent"],
    "Referer": f"https://{MARKS['header']}.example/",
    "X-Request-Id": f"{MARKS['header']}!",
}
JSON = "application/json"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), path


def bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies of every format, right and wrong, with a mark."""
    marked = {"device_id": MARKS["body"], "entities": [{**entity(), "entity_type": MARKS["body"], MARKS["name"]: 1}]}
    yield JSON, json.dumps(marked).encode()
    yield JSON, f'{{"{MARKS["body"]}": '.encode()
    yield "application/msgpack", msgspec.msgpack.encode(marked)
    yield "application/octet-stream", MARKS["body"].encode() * 50
    yield "application/x-www-form-urlencoded", f"password={MARKS['form']}&email={MARKS['form']}".encode()
    yield f"text/{MARKS['header']}", MARKS["body"].encode()


def tokens(user: Account, key: SigningKey) -> Iterator[str | None]:
    yield None
    yield user.token
    yield MARKS["token"]
    yield f"{user.token}{MARKS['token']}"
    for extra in (
        {"exp": 0},
        {"aud": MARKS["token"]},
        {"tier": MARKS["token"]},
        {"email": f"{MARKS['token']}@x.example"},
    ):
        yield mint(key, TokenClaims(SUBJECT, extra=extra))


@pytest.fixture
async def marked(stack: StackInfo, tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    """A service that logs into a directory, and that directory."""
    settings = {"auth_url": stack.auth_url, "auth_api_key": stack.publishable_key}
    # Without the extra there are no /ocr routes.
    if find_spec("rapidocr") is not None:
        settings["ocr_keys_file"] = str(stack.data_dir / "ocr_keys.json")
    async with (
        service(stack, log_dir=str(tmp_path), **settings) as address,
        httpx.AsyncClient(base_url=address, headers=HEADERS) as http,
    ):
        yield http, tmp_path


async def drive(http: httpx.AsyncClient, token: str | None, method: str, path: str) -> list[httpx.Response]:
    """The answers to an operation asked in every marked way."""
    filled = path.replace("{", f"{MARKS['path']}-{{").split("{")[0] if "{" in path else path
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    query = {"q": MARKS["query"], "device_id": MARKS["query"], "owner": MARKS["query"], MARKS["name"]: MARKS["query"]}
    answers = [
        await http.request(method, filled, headers=headers, params=params)
        for params in (
            query,
            {"device_id": MARKS["query"]},
            {"q": MARKS["query"]},
            {"clock": MARKS["query"], "device_id": "d"},
        )
    ]
    if method in {"POST", "PUT", "PATCH"}:
        for content_type, body in bodies():
            answers += [
                await http.request(method, filled, content=body, headers={**headers, "Content-Type": content_type})
            ]
    return answers


def written(folder: Path) -> dict[str, str]:
    """The log files of a directory."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def problems_with(answers: list[httpx.Response]) -> list[str]:
    """The texts of error answers that tell a mark."""
    return [answer.text for answer in answers if answer.is_error and MARK in answer.text + str(answer.headers)]


async def test_no_mark_turns_up_anywhere(
    stack: StackInfo, user: Account, key: SigningKey, marked: tuple[httpx.AsyncClient, Path]
) -> None:
    http, folder = marked
    document = (await http.get("/schema/openapi.json")).json()
    driven = list(operations(document))
    assert len(driven) >= 10
    statuses = set()
    for method, path in driven:
        for token in tokens(user, key):
            answers = await drive(http, token, method, path)
            assert not problems_with(answers), (method, path)
            statuses |= {answer.status_code for answer in answers}
    for odd in (f"/{MARKS['path']}", f"/sync/{MARKS['path']}?{MARKS['query']}", f"/schema/{MARKS['path']}"):
        answers = [await http.get(odd), await http.request(MARKS["name"].upper(), odd)]
        assert not problems_with(answers)
        statuses |= {answer.status_code for answer in answers}
    assert statuses >= {200, 400, 401, 404}
    logged = written(folder)
    assert logged
    told = {**logged, **logs_of(stack), "metrics": (await http.get("/metrics")).text}
    assert [place for place, text in told.items() if MARK in text.lower()] == []
    lines = [json.loads(line) for text in logged.values() for line in text.splitlines()]
    assert len(lines) > 100
    assert set().union(*lines) <= FIELDS


async def test_a_fault_tells_its_class_and_nothing_else(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    """A database that answers nonsense: what it says could hold anything."""
    nobody = f"postgresql://{MARK}:{MARK}@127.0.0.1:1/{MARK}"
    settings = {"database_url": nobody, "log_dir": str(tmp_path), "redis_url": f"redis://:{MARK}@127.0.0.1:1/0"}
    async with service(stack, **settings) as address, httpx.AsyncClient(base_url=address, headers=HEADERS) as http:
        for path in ("/sync/pull", "/catalog/search", "/health/ready"):
            answer = await http.get(
                path, params={"q": MARKS["query"], "device_id": str(uuid4())}, headers=bearer(user.token)
            )
            assert answer.status_code in {400, 503}
            assert MARK not in answer.text
        metrics = (await http.get("/metrics")).text
    assert MARK not in metrics + "".join(written(tmp_path).values())
