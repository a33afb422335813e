"""The audit as a whole: every part run on one database, and put together into one result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

import asyncpg
import msgspec

from medtime_backend.audit import access_findings, privileges, programs
from medtime_backend.audit.access import Progress, check_access
from medtime_backend.audit.catalog.drift import RULES as DRIFT_RULES
from medtime_backend.audit.catalog.drift import drift
from medtime_backend.audit.catalog.snapshot import Snapshot, snapshot
from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.findings import Audit, Cell, Finding, Rule, Unchecked
from medtime_backend.audit.personas import USERS, Persona
from medtime_backend.audit.rules import RULES as STATIC_RULES
from medtime_backend.audit.rules import check_rules
from medtime_backend.audit.suppressions import Suppression, suppress
from medtime_backend.migrations.history import read_history
from medtime_backend.operator_error import OperatorError

PRIVATE: Final = "private"
RULES: Final[tuple[Rule, ...]] = (*access_findings.RULES, *privileges.RULES, *DRIFT_RULES, *STATIC_RULES)
"""Every rule of ours; those of pgrls and the advisors are told by these."""
EVERY_USER: Final = "every user"
LIMITS: Final = (
    "set local statement_timeout = '30s'",
    "set local lock_timeout = '5s'",
    "set local idle_in_transaction_session_timeout = '60s'",
)


class MigrationStateError(OperatorError):
    """The database and this checkout are not at the same migration."""


class Examination(msgspec.Struct, frozen=True):
    """What to examine, and with what.

    `place` is the database as host:port/name. `url` is given to pgrls and the advisors where they are asked for.
    `expected` is the snapshot of the shadow; None where drift is not asked for.
    """

    place: str
    url: str
    declarations: Declarations
    personas: tuple[Persona, ...]
    versions: tuple[str, ...]
    read_only: bool
    expected: Snapshot | None
    pgrls: bool
    advisors: bool
    suppressions: tuple[Suppression, ...]

    @property
    def api_schemas(self) -> tuple[str, ...]:
        """The schemas that the REST layer exposes."""
        return tuple(schema for schema in self.declarations.schemas if schema != PRIVATE)


async def examine(connection: asyncpg.Connection, what: Examination, progress: Progress) -> Audit:
    """Run all parts; nothing of it stays in the database.

    Raises MigrationStateError, ProgramError, and what the connection raises.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    findings: list[Finding] = []
    transaction = connection.transaction(readonly=what.read_only)
    await transaction.start()
    try:
        for limit in LIMITS:
            await connection.execute(limit)
        await _same_migration(connection, what.versions)
        findings += await check_rules(connection, what.declarations, api_schemas=what.api_schemas)
        if what.expected is not None:
            findings += drift(what.expected, await snapshot(connection, list(what.declarations.schemas)))
        cells, found, unchecked, objects = await _access(connection, what, progress)
        findings += found
        version = await connection.fetchval("show server_version")
    finally:
        await transaction.rollback()
    if what.pgrls:
        findings += await programs.pgrls(what.url, list(what.declarations.schemas))
    if what.advisors:
        findings += await programs.advisors(what.url, what.api_schemas)
    still_open, accepted, unused = suppress(_merged(findings), what.suppressions)
    return Audit(
        database=what.place,
        server_version=version,
        started_at=started,
        seconds=time.monotonic() - clock,
        mode="read-only" if what.read_only else "execution",
        personas=tuple(persona.name for persona in what.personas),
        objects=objects,
        cells=cells,
        findings=still_open,
        suppressed=accepted,
        unchecked=unchecked,
        not_proved=(*_not_done(what), *_idle(what, unused)),
    )


async def _access(
    connection: asyncpg.Connection, what: Examination, progress: Progress
) -> tuple[tuple[Cell, ...], tuple[Finding, ...], tuple[Unchecked, ...], int]:
    if what.read_only:
        proved = await privileges.check_privileges(connection, what.declarations, what.personas)
        return proved.cells, proved.findings, (), proved.objects
    seen = await check_access(connection, what.declarations, what.personas, progress)
    return seen.cells, seen.findings, seen.unchecked, seen.objects


async def _same_migration(connection: asyncpg.Connection, versions: Sequence[str]) -> None:
    applied = {row.version for row in await read_history(connection)}
    pending = [version for version in versions if version not in applied]
    if pending:
        raise MigrationStateError(
            f"The database lacks {len(pending)} of {len(versions)} migrations, the first is {pending[0]}: "
            "apply supabase/migrations first."
        )
    newer = sorted(version for version in applied if version > max(versions) and len(version) == len(versions[-1]))
    if newer:
        raise MigrationStateError(
            f"The database has migrations that this checkout lacks ({', '.join(newer[:3])}): update the checkout first."
        )


def _not_done(what: Examination) -> Iterable[str]:
    if what.read_only:
        yield from privileges.NOT_PROVED
    if what.expected is None:
        yield "Drift: the database was not compared with what the migrations of this checkout make."
    if not what.pgrls:
        yield "pgrls was not run."
    if not what.advisors:
        yield "Supabase's advisors were not run (--advisors)."


def _idle(what: Examination, unused: Iterable[Suppression]) -> Iterable[str]:
    """Suppressions that match nothing, except of programs that were not run."""
    silent = (*(() if what.pgrls else ("pgrls-",)), *(() if what.advisors else ("advisors-",)))
    for one in unused:
        if not one.finding.startswith(silent):
            yield f"The suppression of {one.finding} matches nothing."


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding where all users have the same, each id once, in a stable order."""
    key = attrgetter("rule", "object", "verb")
    merged: dict[str, Finding] = {}
    for _, group in groupby(sorted(findings, key=key), key=key):
        same = {finding.persona: finding for finding in group}
        if set(USERS) <= set(same):
            first = same[USERS[0]]
            same = {name: finding for name, finding in same.items() if name not in USERS}
            same[EVERY_USER] = msgspec.structs.replace(
                first, persona=EVERY_USER, detail=first.detail.replace(first.persona, EVERY_USER)
            )
        merged |= {finding.id: finding for finding in same.values()}
    return sorted(merged.values(), key=lambda finding: (finding.severity, finding.id))
