"""A sealed entity pushed, pulled and deleted, as two phones of the user would."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from typing import Final

import httpx
import msgspec

from medtime_backend.client import Device, DeviceState, Replica, SyncError
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of
from medtime_backend.doctor.signing_in import NotSignedInError

CHECK: Final = "push, pull and delete"
DEVICE: Final = "doctor"
ENTITY_TYPE: Final = "doctor"
CONTENT: Final = b"Written by medtime doctor; it may be deleted at any time."
MEND: Final = "docs/errors.md explains the problem; the service's log has the request's id"


class _Clock(msgspec.Struct):
    clock: str


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Where --write allows it. What stays is an empty tombstone, which the cleanup removes, and the device's row."""
    if not visit.deployment.write:
        yield Finding(CHECK, "skipped", "it writes: allow it with --write")
        return
    if not visit.deployment.service_url:
        yield Finding(CHECK, "skipped", "no address of the service: give --url")
        return
    try:
        token = await visit.user.token()
    except NotSignedInError as fault:
        yield Finding(CHECK, "skipped", str(fault))
        return
    try:
        yield await _go(visit, token)
    except (SyncError, httpx.HTTPError, msgspec.MsgspecError) as fault:
        yield Finding(CHECK, "failure", f"{place_of(visit.deployment.service_url)}: {fault}", MEND)


async def _go(visit: Visit, token: str) -> Finding:
    async def token_source(_fresh: bool) -> str:  # noqa: FBT001 - the client's own interface
        return token

    started = time.perf_counter()
    key = os.urandom(32)
    http = httpx.AsyncClient(base_url=visit.deployment.service_url, timeout=5)
    async with http:
        writer = Device(http, token_source, DEVICE, key)
        status = await writer.status()
        # From here on: the user's other entities are none of our business, and may be many.
        clock = await _clock_now(http, token)
        writer.state.own.clock = clock
        reader = Device(http, token_source, DEVICE, key, status.owner, DeviceState(own=Replica(clock=clock)))
        entity_id = writer.put(ENTITY_TYPE, CONTENT)
        try:
            await writer.push()
            await reader.pull()
            seen = reader.get(entity_id)
        finally:
            writer.delete(entity_id)
            await writer.push()
        await reader.pull()
        gone = entity_id not in reader.ids()
    seconds = time.perf_counter() - started
    if seen != CONTENT:
        return Finding(CHECK, "failure", "what was pushed did not come back", MEND)
    if not gone:
        return Finding(CHECK, "failure", "what was deleted still comes", MEND)
    return Finding(CHECK, "ok", f"a sealed entity, as device {DEVICE}, in {seconds * 1000:.0f} ms")


async def _clock_now(http: httpx.AsyncClient, token: str) -> str:
    answer = await http.get("/sync/status", params={"device_id": DEVICE}, headers={"authorization": f"Bearer {token}"})
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=_Clock).clock
