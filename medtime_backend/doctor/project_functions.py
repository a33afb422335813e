"""The project's edge functions: whether they are there, and whether those of servers refuse everybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import msgspec

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.errors import SecretKeyNeeded

CHECK: Final = "edge functions"
CATALOG: Final = "edge function catalog"
WAKING: Final = "edge function push-notify"
NOT_DEPLOYED: Final = httpx.codes.NOT_FOUND


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """The catalog answers anybody, the sender of wake-ups nobody without the secret key."""
    url, key = visit.deployment.supabase_url, visit.deployment.publishable_key
    if not url:
        yield Finding(CHECK, "skipped", "no address: SUPABASE_URL is not set")
        return
    address, headers = f"{url.rstrip('/')}/functions/v1", {"apikey": key}
    try:
        yield _catalog(await visit.http.get(f"{address}/catalog/sources", headers=headers))
        yield _waking(await visit.http.post(f"{address}/push-notify", headers=headers))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        yield Finding(CHECK, "failure", f"{place_of(url)}: {reason_of(fault)}", "check SUPABASE_URL")


def _catalog(answer: httpx.Response) -> Finding:
    if answer.status_code == NOT_DEPLOYED:
        return Finding(CATALOG, "skipped", "is not deployed")
    if answer.status_code == httpx.codes.OK and "sources" in _members(answer):
        return Finding(CATALOG, "ok", "answers")
    mend = "look at the function's log; deploy it again with verify_jwt = false"
    return Finding(CATALOG, "failure", f"answers {answer.status_code}", mend)


def _waking(answer: httpx.Response) -> Finding:
    if answer.status_code == NOT_DEPLOYED:
        return Finding(WAKING, "skipped", "is not deployed")
    if str(_members(answer).get("type")).endswith(f"/{SecretKeyNeeded.slug}"):
        return Finding(WAKING, "ok", "answers, and refuses who has no secret key")
    mend = "look at the function's log; deploy it again with verify_jwt = false"
    return Finding(WAKING, "failure", f"answers {answer.status_code} to who has no secret key", mend)


def _members(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
