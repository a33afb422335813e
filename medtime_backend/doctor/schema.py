"""The schema: migrations, and rights as declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg

from medtime_backend.audit import findings as audit_findings
from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.examination import Examination, examine
from medtime_backend.audit.personas import PERSONAS
from medtime_backend.audit.suppressions import FILE, read_suppressions
from medtime_backend.doctor.connections import connected
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.doctor.operator_database import NO_URL
from medtime_backend.migrations import migrations_directory, read_migrations
from medtime_backend.migrations.comparison import compare
from medtime_backend.migrations.history import read_history
from medtime_backend.operator_error import OperatorError

MIGRATIONS: Final = "migrations"
RIGHTS: Final = "RLS and grants"
SHOWN: Final = 3
FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, OperatorError)
"""What keeps a check of the database from being made; that the database is away is another check's failure."""


async def check_migrations(visit: Visit) -> AsyncIterator[Finding]:
    """The files of this release, and the history in the database."""
    if not visit.deployment.admin_url:
        yield Finding(MIGRATIONS, "skipped", NO_URL)
        return
    try:
        async with connected(visit.deployment.admin_url) as connection:
            standings = compare(read_migrations(migrations_directory()), await read_history(connection))
    except FAULTS as fault:
        yield Finding(MIGRATIONS, "skipped", f"could not be read: {reason_of(fault)}")
        return
    states = Counter(one.state for one in standings)
    detail = ", ".join(f"{number} {state}" for state, number in states.items())
    if states["pending"] or states["out of order"]:
        yield Finding(MIGRATIONS, "failure", detail, "medtime migrate up")
    elif states["remote only"]:
        yield Finding(
            MIGRATIONS, "failure", detail, "run the release that has them: the database is newer than this one"
        )
    elif states["drifted"]:
        yield Finding(MIGRATIONS, "warning", detail, "medtime migrate verify shows what differs")
    else:
        yield Finding(MIGRATIONS, "ok", detail)


async def check_rights(visit: Visit) -> AsyncIterator[Finding]:
    """The read-only audit, without drift: RLS, policies, grants and roles as `policies/` declares them."""
    url = visit.deployment.admin_url
    if not url:
        yield Finding(RIGHTS, "skipped", NO_URL)
        return
    directory = policies_directory()
    try:
        what = Examination(
            place=place_of(url),
            url=url,
            declarations=read_declarations(directory),
            personas=PERSONAS,
            versions=tuple(migration.version for migration in read_migrations(migrations_directory())),
            read_only=True,
            expected=None,
            pgrls=False,
            advisors=False,
            suppressions=read_suppressions(directory / FILE, datetime.now(UTC).date()),
        )
        async with connected(url) as connection:
            audit = await examine(connection, what, lambda *_: None)
    except OperatorError as fault:
        yield Finding(RIGHTS, "skipped", str(fault))
        return
    except FAULTS as fault:
        yield Finding(RIGHTS, "skipped", f"could not be looked at: {reason_of(fault)}")
        return
    if not audit.findings:
        yield Finding(RIGHTS, "ok", f"{audit.objects} objects as declared, by the catalog")
        return
    yield Finding(
        RIGHTS,
        "failure" if any(finding.severity == "error" for finding in audit.findings) else "warning",
        _told(audit.findings),
        "medtime policies audit --read-only tells each with its fix",
    )


def _told(findings: Sequence[audit_findings.Finding]) -> str:
    """A few findings by their ids, many by their rules."""
    if len(findings) <= SHOWN:
        return ", ".join(finding.id for finding in findings)
    rules = Counter(finding.rule for finding in findings)
    return f"{len(findings)} findings: {', '.join(f'{number} {rule}' for rule, number in rules.items())}"
