"""Each endpoint does its work with marked data, and the marks turn up nowhere: what test_canary.py does for refusals.

A person signs in, registers, pushes, pulls, searches, has a prescription read, and signs out: every operation of the
OpenAPI document succeeds, so one that comes later must be added here.
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.logs import FIELDS
from tests.accounts import entity
from tests.http.collector import ADDRESS, collector, spans
from tests.http.own_service import service
from tests.http.problems import MSGPACK, logs_of, problem_of
from tests.http.test_canary import HEADERS, MARK, operations, written
from tests.ocr.pictures import encoded, page
from tests.ocr.sealed import OCTETS, seal_for

pytestmark = pytest.mark.xdist_group("ocr")

HAS_OCR = find_spec("rapidocr") is not None
PASSWORD = f"{MARK}-password"
PUSH_TOKEN = f"{MARK}:APA91b{MARK}"
DEVICE = f"{MARK}-phone"
TYPE = f"{MARK}type"
DRUG = "MARK9C41E7"
PLAIN = f"{MARK} 850 mg at 08:00".encode()
BLOB = b"\x01\x01" + bytes(12) + PLAIN + bytes(16)


@dataclass
class Person:
    """Somebody at work, and what must not be told of that."""

    http: httpx.AsyncClient
    marks: set[str] = field(default_factory=lambda: {MARK, DRUG})
    worked: set[tuple[str, str]] = field(default_factory=set)

    async def does(self, method: str, path: str, filled: str = "", **more: Any) -> httpx.Response:
        """An operation of the document, which must succeed."""
        answer = await self.http.request(method, filled or path, **more)
        assert answer.is_success, (method, path, answer.text)
        self.worked.add((method, path))
        return answer

    async def signs_in(self, email: str) -> UUID:
        given = {"email": email, "password": PASSWORD}
        signed_in = (await self.does("POST", "/auth/token", "/auth/token?grant_type=password", json=given)).json()
        given = {"refresh_token": signed_in["refresh_token"]}
        renewed = (await self.does("POST", "/auth/token", "/auth/token?grant_type=refresh_token", json=given)).json()
        for tokens in (signed_in, renewed):
            self.marks |= {tokens["access_token"], tokens["refresh_token"]}
        self.http.headers["Authorization"] = f"Bearer {renewed['access_token']}"
        return UUID(renewed["user"]["id"])

    async def syncs(self) -> None:
        given = {**entity(data=BLOB), "entity_type": TYPE}
        packed = {**entity(data=BLOB), "entity_type": TYPE, "blob": BLOB}
        self.marks |= {given["id"], packed["id"], given["blob"], BLOB.hex(), PLAIN.hex(), checksum_of(BLOB)}
        body = {"device_id": DEVICE, "entities": [given]}
        clock = (await self.does("POST", "/sync/push", json=body)).json()["clock"]
        content = msgspec.msgpack.encode({**body, "entities": [packed]})
        await self.does("POST", "/sync/push", content=content, headers={"Content-Type": MSGPACK})
        stale = {**body, "entities": [{**given, "base_version": 7}]}
        problem_of(await self.http.post("/sync/push", json=stale), 409, "version-conflict")
        self.marks.add(clock)
        for query, found in (({"clock": clock}, 1), ({"entity_type": TYPE}, 2)):
            page_ = (await self.does("GET", "/sync/pull", params={"device_id": DEVICE, **query})).json()
            assert len(page_["entities"]) == found
            self.marks.add(page_["clock"])
        await self.does("GET", "/sync/status", params={"device_id": DEVICE})

    async def looks_up(self) -> None:
        for query in (MARK, f"{MARK} zocor 10 mg"):
            await self.does("GET", "/catalog/search", params={"q": query})
        await self.does("GET", "/catalog/sources")
        await self.does("GET", "/catalog/{product_id}", "/catalog/rxnorm:104490")

    async def reads(self, user_id: UUID) -> None:
        sealed = await seal_for(self.http, user_id, encoded(page(f"{DRUG} 850 mg")))
        await self.does("GET", "/ocr/key")
        answer = await self.does("POST", "/ocr/process", content=sealed.content, headers={"Content-Type": OCTETS})
        assert DRUG in json.dumps(sealed.opened(answer.content)).upper()


@pytest.fixture
async def exported(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[bytes]]:
    with collector() as (address, bodies):
        monkeypatch.setenv(ADDRESS, address)
        yield bodies


async def signed_up(stack: StackInfo) -> str:
    email = f"{MARK}-{uuid4().hex}@test.medtime.app"
    async with httpx.AsyncClient(base_url=stack.auth_url, timeout=30) as auth:
        answer = await auth.post("/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return email


async def test_nothing_of_what_is_done_is_told(stack: StackInfo, exported: list[bytes], tmp_path: Path) -> None:
    settings = {
        "auth_url": stack.auth_url,
        "auth_api_key": stack.publishable_key,
        "functions_url": stack.functions_url,
        "functions_key": stack.secret_key,
        "log_dir": str(tmp_path),
        "log_level": "debug",
        "traces": "true",
        **({"ocr_keys_file": str(stack.data_dir / "ocr_keys.json")} if HAS_OCR else {}),
    }
    async with (
        service(stack, **settings) as address,
        httpx.AsyncClient(base_url=address, headers=HEADERS, timeout=60) as http,
    ):
        one = Person(http)
        user_id = await one.signs_in(await signed_up(stack))
        await one.does("GET", "/health/live")
        await one.does("GET", "/health/ready")
        given = {"platform": "fcm", "token": PUSH_TOKEN}
        for device in (DEVICE, f"{MARK}-tablet"):
            await one.does("PUT", "/devices/{device_id}", f"/devices/{device}", json=given)
        await one.syncs()
        await one.looks_up()
        if HAS_OCR:
            await one.reads(user_id)
        await one.does("DELETE", "/devices/{device_id}", f"/devices/{DEVICE}")
        await one.does("POST", "/auth/logout")
        problem_of(await http.get("/sync/status"), 401, "session-ended")
        document = (await http.get("/schema/openapi.json")).json()
        assert one.worked == set(operations(document))
        metrics = (await http.get("/metrics")).text
    # The service has ended, and with it everything is written and sent.
    names = {span.name for span in spans(exported)}
    assert names >= {"POST /auth/token", "POST /sync/push", "push", "PUT /devices/{device_id}"}
    told = {**written(tmp_path), **logs_of(stack), "metrics": metrics}
    told["traces"] = b"".join(exported).decode("latin-1")
    spelt = {form for mark in one.marks for form in (mark, mark.upper(), base64.b64encode(mark.encode()).decode()[:-3])}
    assert [(place, mark) for place, text in told.items() for mark in spelt if mark in text] == []
    lines = [json.loads(line) for text in written(tmp_path).values() for line in text.splitlines()]
    assert {line["route"] for line in lines if line["event"] == "request"} >= {"/sync/push", "/auth/token"}
    assert set().union(*lines) <= FIELDS


async def test_edge_functions_tell_nothing(stack: StackInfo) -> None:
    """Both of them, with marks in each part of a request, in success and failure."""
    key = {"apikey": stack.secret_key}
    statuses = set()
    async with httpx.AsyncClient(base_url=stack.functions_url, headers=HEADERS, timeout=60) as http:
        for method, path, more in (
            ("GET", "/catalog/search", {"params": {"q": MARK}}),
            ("GET", "/catalog/search", {"params": {"q": f"{MARK} zocor"}}),
            ("GET", "/catalog/search", {"params": {"q": MARK, MARK: MARK}}),
            ("GET", f"/catalog/{MARK}", {}),
            ("GET", f"/catalog/rxnorm:{MARK}", {}),
            ("GET", "/catalog/search", {"params": {"q": "x"}, "headers": {"Authorization": f"Bearer {MARK}"}}),
            ("POST", "/catalog/search", {"content": MARK}),
            ("POST", "/push-notify", {"content": MARK}),
            ("POST", "/push-notify", {"headers": {"apikey": MARK}}),
            ("POST", "/push-notify", {"headers": {"Authorization": f"Bearer {MARK}"}}),
            ("POST", "/push-notify", {"headers": key, "content": MARK, "params": {MARK: MARK}}),
            ("GET", "/push-notify", {"headers": key, "params": {MARK: MARK}}),
            ("GET", f"/{MARK}", {}),
        ):
            answer = await http.request(method, path, **more)
            statuses.add(answer.status_code)
            assert not answer.is_error or MARK not in answer.text + str(answer.headers), (method, path)
    assert statuses >= {200, 400, 401, 404, 405}
    told = logs_of(stack)
    assert {"function-catalog.log", "function-push-notify.log"} <= set(told)
    for mark in (MARK, stack.secret_key):
        assert [place for place, text in told.items() if mark in text] == []
