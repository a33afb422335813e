"""Supabase Auth itself: its health, and settings that decide who gets in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import msgspec

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of

CHECK: Final = "Auth"
SETTINGS: Final = "Auth's settings"


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Auth's health and settings."""
    deployment = visit.deployment
    if not deployment.auth_is_direct:
        yield Finding(CHECK, "skipped", "no address: set SUPABASE_URL or MEDTIME_AUTH_URL")
        return
    url, headers = deployment.auth_url, {"apikey": deployment.publishable_key}
    try:
        health = await visit.http.get(f"{url}/health", headers=headers)
        settings = await visit.http.get(f"{url}/settings", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        yield Finding(
            CHECK,
            "failure",
            f"{place_of(url)}: {reason_of(fault)}",
            "check SUPABASE_URL; a paused project answers nothing",
        )
        return
    if health.status_code != httpx.codes.OK:
        mend = "check SUPABASE_URL and the publishable key"
        yield Finding(CHECK, "failure", f"/health is answered {health.status_code}", mend)
        return
    told = _object(health)
    yield Finding(CHECK, "ok", f"{told.get('name', 'answers')} {told.get('version', '')}".strip())
    yield _settings(settings)


def _settings(answer: httpx.Response) -> Finding:
    told = _object(answer)
    if answer.status_code != httpx.codes.OK or not told:
        return Finding(SETTINGS, "skipped", f"/settings is answered {answer.status_code}")
    external = told.get("external")
    providers = sorted(name for name, on in external.items() if on is True) if isinstance(external, dict) else []
    detail = (
        f"sign-in by {', '.join(providers) or 'nothing'}; sign-up {'closed' if told.get('disable_signup') else 'open'}"
    )
    if told.get("mailer_autoconfirm") is True and not told.get("disable_signup"):
        return Finding(
            SETTINGS,
            "warning",
            f"{detail}; addresses are taken without a confirmation",
            "switch on 'Confirm email' in the project's Auth settings: anybody could take another's address",
        )
    if not providers:
        return Finding(SETTINGS, "failure", detail, "switch on a provider in the project's Auth settings")
    return Finding(SETTINGS, "ok", detail)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
