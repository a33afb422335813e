"""Looks through a directory of migrations, and compares it with a history where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medtime_backend.migrations.comparison import compare
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Listing, Migration, list_files, read_migration
from medtime_backend.migrations.findings import Finding, Verification
from medtime_backend.migrations.history import Recorded
from medtime_backend.migrations.rules.differences import check_differences
from medtime_backend.migrations.rules.locks import check_locks, find_squawk
from medtime_backend.migrations.rules.names import check_names
from medtime_backend.migrations.rules.table_rights import check_table_rights
from medtime_backend.migrations.rules.transactions import check_enum_values, check_syntax, check_transactions

NO_SQUAWK = "Locks: squawk is not installed (pip install squawk-cli)."


def verify(directory: Path, history: Sequence[Recorded] | None) -> Verification:
    """Check all files, and against a history unless it is None. Raises MigrationError for an unreadable directory.

    Locks are looked for in files that the history does not list: what is applied locks nothing any more.
    """
    listing = list_files(directory)
    migrations, findings = _read(listing)
    findings += check_names(listing)
    for migration in migrations:
        for check in (check_syntax, check_transactions, check_enum_values, check_table_rights):
            findings += check(migration)
    if history is not None:
        findings += check_differences(compare(migrations, history))
    applied = {row.version for row in history or ()}
    locks, unchecked = _locks([migration for migration in migrations if migration.version not in applied])
    found = sorted(findings + locks, key=lambda one: (one.file, one.line or 0, one.rule))
    return Verification(tuple(found), tuple(unchecked), len(listing.files))


def _read(listing: Listing) -> tuple[list[Migration], list[Finding]]:
    migrations, findings = [], []
    for file in listing.files:
        try:
            migrations.append(read_migration(file))
        except MigrationError as error:
            findings.append(Finding("unreadable", "error", file.path.name, str(error), "Mend the file."))
    return migrations, findings


def _locks(migrations: Sequence[Migration]) -> tuple[list[Finding], list[str]]:
    squawk = find_squawk()
    if squawk is None:
        return [], [NO_SQUAWK]
    try:
        return list(check_locks(migrations, squawk)), []
    except MigrationError as error:
        return [], [f"Locks: {error}"]
