"""How long the certificates of https addresses are good for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, reason_of

HTTPS: Final = 443
SHORT_DAYS: Final = 21
SECONDS: Final = 5.0


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """One finding for each https host among the deployment's addresses."""
    deployment = visit.deployment
    jwks = deployment.settings.jwks_url if deployment.settings else ""
    urls = (deployment.service_url, deployment.supabase_url, jwks)
    places = dict.fromkeys(place for url in urls if (place := _place(url)))
    if not places:
        yield Finding("TLS certificate", "skipped", "no address is https")
    for host, port in places:
        yield await check_certificate(host, port, ssl.create_default_context())


def _place(url: str) -> tuple[str, int] | None:
    """Host and port of an https address; other checks tell that an address is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS
    except ValueError:
        return None
    return (parts.hostname, port) if parts.scheme == "https" and parts.hostname else None


async def check_certificate(host: str, port: int, context: ssl.SSLContext) -> Finding:
    """Whether the certificate is trusted by the context, and for how long."""
    name = f"TLS certificate of {host}"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLCertVerificationError as fault:
        return Finding(name, "failure", fault.verify_message or "is not trusted", "renew it, with its whole chain")
    except (OSError, TimeoutError) as fault:
        return Finding(name, "failure", reason_of(fault), "check the address, and that TLS ends there")
    certificate = writer.get_extra_info("peercert")
    writer.transport.abort()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    detail = f"good until {ends:%Y-%m-%d}, {days} days"
    if days < SHORT_DAYS:
        return Finding(name, "warning", detail, "renew it, and see why that does not happen by itself")
    return Finding(name, "ok", detail)
