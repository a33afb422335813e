"""Audits for tests: everything that an operator's has, on a copy of the shadow."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

from medtime_backend.audit.catalog.snapshot import Snapshot, snapshot
from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.examination import Examination, examine
from medtime_backend.audit.findings import Audit
from medtime_backend.audit.personas import PERSONAS
from medtime_backend.audit.suppressions import FILE, read_suppressions
from medtime_backend.local.shadow import ShadowDatabase
from medtime_backend.migrations import migrations_directory, read_migrations

DECLARATIONS = read_declarations(policies_directory())
VERSIONS = tuple(migration.version for migration in read_migrations(migrations_directory()))
SUPPRESSIONS = read_suppressions(policies_directory() / FILE, datetime.now(UTC).date())


async def expected_of(database: ShadowDatabase) -> Snapshot:
    """What a database with all migrations looks like."""
    connection = await asyncpg.connect(database.database_url)
    try:
        return await snapshot(connection, list(DECLARATIONS.schemas))
    finally:
        await connection.close()


async def audited(database: ShadowDatabase, *, as_owner: bool = False, **changes: Any) -> Audit:
    """Audit a copy, as the superuser, or as the owner of the schema; without pgrls and advisors unless asked for."""
    what = Examination(
        place="127.0.0.1/shadow",
        url=database.database_url,
        declarations=DECLARATIONS,
        personas=PERSONAS,
        versions=VERSIONS,
        read_only=False,
        expected=None,
        pgrls=False,
        advisors=False,
        suppressions=SUPPRESSIONS,
    )
    connection = await asyncpg.connect(database.database_url if as_owner else database.admin_database_url)
    try:
        return await examine(connection, msgspec.structs.replace(what, **changes), lambda *_: None)
    finally:
        await connection.close()
