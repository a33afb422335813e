"""The edge functions: that they are there, and that nobody without a key has wake-ups sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.problem_details import MEDIA_TYPE

CHECK: Final = "edge functions"
CATALOG: Final = "function catalog"
PUSH_NOTIFY: Final = "function push-notify"


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Ask the catalog for its sources, and push-notify without a key, which it must refuse itself."""
    url = visit.deployment.functions_address
    if not url:
        yield Finding(CHECK, "skipped", "no address: neither SUPABASE_URL nor MEDTIME_FUNCTIONS_URL is set")
        return
    for finding in await asyncio.gather(_catalog(visit, url), _push_notify(visit, url)):
        yield finding


async def _catalog(visit: Visit, url: str) -> Finding:
    key = visit.deployment.publishable_key
    headers = {"apikey": key} if key else {}
    try:
        answer = await visit.http.get(f"{url}/catalog/sources", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        return _silent(CATALOG, url, fault)
    if answer.status_code == httpx.codes.OK:
        return Finding(CATALOG, "ok", "answers")
    return _refused(CATALOG, answer)


async def _push_notify(visit: Visit, url: str) -> Finding:
    try:
        answer = await visit.http.post(f"{url}/push-notify")
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        return _silent(PUSH_NOTIFY, url, fault)
    own_answer = answer.headers.get("content-type", "").startswith(MEDIA_TYPE)
    if answer.is_success:
        return Finding(PUSH_NOTIFY, "failure", "sends for anybody", "deploy the one of this release, at once")
    if answer.status_code == httpx.codes.UNAUTHORIZED and own_answer:
        return Finding(PUSH_NOTIFY, "ok", "is there, and refuses who has no key")
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        mend = "deploy it with verify_jwt = false, as supabase/config.toml has it: it looks at the key itself"
        return Finding(PUSH_NOTIFY, "failure", "the gateway refuses calls before it", mend)
    return _refused(PUSH_NOTIFY, answer)


def _refused(check: str, answer: httpx.Response) -> Finding:
    name = check.removeprefix("function ")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return Finding(check, "failure", "is not deployed", f"supabase functions deploy {name}")
    return Finding(check, "failure", f"answers {answer.status_code}", f"look into its log: supabase functions, {name}")


def _silent(check: str, url: str, fault: Exception) -> Finding:
    # One that nobody has called for a while takes seconds to start.
    if isinstance(fault, httpx.TimeoutException):
        return Finding(check, "warning", "is slow to answer", "run this again: the first call starts it")
    return Finding(check, "failure", f"{place_of(url)}: {reason_of(fault)}", "check the functions' address")
