"""The OCR relay: keys that are good for a while, an engine that is named, and with --write an image that is read."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final
from uuid import UUID

import httpx
import msgspec

from medtime_backend.client import SyncError, read_prescription
from medtime_backend.client.service import Service
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.doctor.signing_in import NotSignedInError
from medtime_backend.ocr.key_ring import SUITES
from medtime_backend.schemas.ocr import KeysAnswer

KEYS: Final = "OCR keys and engine"
READ: Final = "OCR, an image read"
SOON: Final = timedelta(days=3)
RENEW: Final = "medtime keys new ocr, then restart the instances one after the other"
PAGE: Final = "ocr_page.png"
WRITTEN: Final = "MedTime doctor"
"""The beginning of what is written on that page."""


class _Status(msgspec.Struct):
    owner: UUID


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Ask for the keys; where it may write, have a page of our own read."""
    url = visit.deployment.service_url.rstrip("/")
    if not url:
        yield Finding(KEYS, "skipped", "no address of the service: give --url")
        yield Finding(READ, "skipped", "no address of the service: give --url")
        return
    try:
        answer = await visit.http.get(f"{url}/ocr/key")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        yield Finding(KEYS, "skipped", f"{place_of(url)}: {reason_of(fault)}")
        yield Finding(READ, "skipped", "no keys to seal to")
        return
    if answer.status_code == httpx.codes.NOT_FOUND:
        yield Finding(KEYS, "skipped", "this service reads no images: it has no MEDTIME_OCR_KEYS_FILE")
        yield Finding(READ, "skipped", "this service reads no images")
        return
    yield _keys(answer)
    if answer.status_code == httpx.codes.OK:
        yield await _read(visit, url)


def _keys(answer: httpx.Response) -> Finding:
    try:
        found = msgspec.json.decode(answer.content, type=KeysAnswer)
    except msgspec.MsgspecError:
        return Finding(KEYS, "failure", f"/ocr/key is answered {answer.status_code}", "see the service's log")
    now = datetime.now(UTC)
    lasting: dict[str, datetime] = {}
    for key in found.keys:
        until = datetime.fromisoformat(key.published_until)
        lasting[key.suite] = max(until, lasting.get(key.suite, until))
    if set(lasting) != set(SUITES):
        return Finding(KEYS, "failure", "it has no key that is published now, for a suite or both", RENEW)
    first = min(lasting.values())
    where = "images leave the server" if found.engine.leaves_server else "images stay on the server"
    said = f"{found.engine.maker}: {where}; keys until {first:%Y-%m-%d}"
    if first - now < SOON:
        return Finding(KEYS, "warning", said, RENEW)
    return Finding(KEYS, "ok", said)


async def _read(visit: Visit, url: str) -> Finding:
    if not visit.deployment.write:
        return Finding(READ, "skipped", "it leaves a note and uses the engine: allow it with --write")
    try:
        token = await visit.user.token()
    except NotSignedInError as fault:
        return Finding(READ, "skipped", str(fault))
    page = (files("medtime_backend.doctor") / PAGE).read_bytes()

    async def token_source(_fresh: bool) -> str:  # noqa: FBT001 - the client's own interface
        return token

    async def no_waiting(_seconds: float) -> None:
        """Retry at once: the doctor has little time."""

    started = time.perf_counter()
    try:
        async with httpx.AsyncClient(base_url=url, timeout=5) as http:
            status = await http.get("/sync/status", headers={"authorization": f"Bearer {token}"})
            owner = msgspec.json.decode(status.content, type=_Status).owner
            service = Service(http, token_source, no_waiting, lambda: 0.0, "json")
            # The page is ours, so nobody has to be asked whether it may leave.
            found = await read_prescription(service, owner, page, lambda _engine: True)
    except (SyncError, httpx.HTTPError, msgspec.MsgspecError) as fault:
        return Finding(READ, "failure", f"{place_of(url)}: {fault}", "docs/errors.md explains the problem")
    if not any(line.text.startswith(WRITTEN) for line in found.lines):
        return Finding(READ, "failure", "the page of the doctor was not read as it is written", "see the engine")
    return Finding(READ, "ok", f"a sealed page of the doctor's own, in {time.perf_counter() - started:.1f} s")
