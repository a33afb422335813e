"""The service from outside: alive, ready, which API, its clock."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import msgspec

from medtime_backend.doctor.clocks import judge_clock
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of

ALIVE: Final = "service"
READY: Final = "service, ready"
API: Final = "service, its API"
PATHS: Final = frozenset({"/sync/push", "/sync/pull", "/sync/status"})
NO_URL: Final = "no address: give --url"


class _Info(msgspec.Struct):
    version: str = ""


class _Description(msgspec.Struct):
    info: _Info
    paths: dict[str, msgspec.Raw]


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Ask its health, its description and the time."""
    url = visit.deployment.service_url.rstrip("/")
    if not url:
        yield Finding(ALIVE, "skipped", NO_URL)
        return
    before = time.time()
    try:
        live = await visit.http.get(f"{url}/health/live")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        yield Finding(
            ALIVE, "failure", f"{place_of(url)}: {reason_of(fault)}", "start it, or check --url and the gateway"
        )
        return
    after = time.time()
    if live.status_code != httpx.codes.OK:
        yield Finding(
            ALIVE,
            "failure",
            f"/health/live is answered {live.status_code}",
            "check --url: something else may answer there",
        )
        return
    yield Finding(ALIVE, "ok", f"{place_of(url)} answers in {(after - before) * 1000:.0f} ms")
    yield _clock(live, before, after)
    ready = await visit.http.get(f"{url}/health/ready")
    yield _ready(ready.status_code)
    yield _api(await visit.http.get(f"{url}/schema/openapi.json"))


def _clock(answer: httpx.Response, before: float, after: float) -> Finding:
    try:
        date = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return Finding("clock of the service", "skipped", "its answers have no Date")
    # The header tells whole seconds: the moment was in the one that began then.
    return judge_clock("the service", before - 1, after, date)


def _ready(status: int) -> Finding:
    if status == httpx.codes.OK:
        return Finding(READY, "ok", "its database answers")
    if status == httpx.codes.NOT_FOUND:
        return Finding(READY, "skipped", "/health/ready is answered 404: the gateway does not pass it on")
    mend = "see its database, as the service" if status == httpx.codes.SERVICE_UNAVAILABLE else "see the service's log"
    return Finding(READY, "failure", f"/health/ready is answered {status}", mend)


def _api(answer: httpx.Response) -> Finding:
    try:
        description = msgspec.json.decode(answer.content, type=_Description)
    except msgspec.MsgspecError:
        return Finding(API, "skipped", f"/schema/openapi.json is answered {answer.status_code}")
    missing = PATHS - description.paths.keys()
    if missing:
        return Finding(API, "failure", f"lacks {', '.join(sorted(missing))}", "run the release of this command there")
    return Finding(API, "ok", f"version {description.info.version}, {len(description.paths)} paths")
