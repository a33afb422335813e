"""Runs all checks side by side, each within its time, none stopping another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

from medtime_backend.doctor import (
    certificates,
    configuration,
    ocr_relay,
    operator_database,
    project_auth,
    project_functions,
    project_rest,
    redis_store,
    round_trip,
    routines,
    schema,
    service,
    service_database,
    tokens,
)
from medtime_backend.doctor.deployment import Deployment, Visit
from medtime_backend.doctor.findings import Finding
from medtime_backend.doctor.signing_in import SignedInUser

SECONDS: Final = 6.0
"""What one check may take."""
AUDIT_SECONDS: Final = 20.0
"""What the audit may take, which reads and computes much; who does not answer it is left after 5 s all the same."""
HTTP_SECONDS: Final = 4.0

Check = Callable[[Visit], AsyncIterator[Finding]]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    (configuration.CHECK, configuration.check),
    ("service", service.check),
    ("TLS certificate", certificates.check),
    (operator_database.CHECK, operator_database.check),
    (service_database.CHECK, service_database.check),
    (schema.MIGRATIONS, schema.check_migrations),
    (routines.CLEANUP, routines.check_cleanup),
    (routines.WAKEUPS, routines.check_wakeups),
    (routines.HOOK, routines.check_hook),
    (redis_store.CHECK, redis_store.check),
    (tokens.KEYS, tokens.check),
    (project_auth.CHECK, project_auth.check),
    (project_rest.CHECK, project_rest.check),
    (project_functions.CHECK, project_functions.check),
    (round_trip.CHECK, round_trip.check),
    (ocr_relay.KEYS, ocr_relay.check),
)
# It computes for a while, which would look like slow answers of the others.
SECOND_ROUND: Final[tuple[tuple[str, Check], ...]] = ((schema.RIGHTS, schema.check_rights),)


async def examine(deployment: Deployment) -> list[Finding]:
    """All findings, in the order of the checks. Nothing is changed, but for what `deployment.write` allows."""
    user = SignedInUser(deployment)
    async with httpx.AsyncClient(timeout=HTTP_SECONDS, follow_redirects=False) as http:
        visit = Visit(deployment, http, user)
        groups = []
        for checks, seconds in ((CHECKS, SECONDS), (SECOND_ROUND, AUDIT_SECONDS)):
            groups += await asyncio.gather(*(_run(name, check, visit, seconds) for name, check in checks))
        try:
            async with asyncio.timeout(HTTP_SECONDS):
                await user.leave()
        except TimeoutError:
            pass
    return [finding for group in groups for finding in group]


async def _run(name: str, check: Check, visit: Visit, seconds: float) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(seconds):
            async for finding in check(visit):
                found.append(finding)  # noqa: PERF401 - what was found before the time is over counts too
    except TimeoutError:
        found.append(
            Finding(name, "failure", f"no answer within {seconds:.0f} s", "see whether the network drops packets")
        )
    # Whatever it is, the other checks tell more than a traceback would; the text of a fault may hold a secret.
    except Exception as fault:  # noqa: BLE001
        found.append(
            Finding(name, "failure", f"the check itself broke off: {type(fault).__name__}", "report this as a bug")
        )
    return found
