"""Locks that are not free: how long to wait, and what a person should know when that was not enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from medtime_backend.migrations import faults
from medtime_backend.migrations.indexes import invalid_indexes
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.statement_files import statement
from medtime_backend.migrations.transaction_blocks import concurrent

# What another try may cure.
BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


@dataclass(frozen=True)
class Patience:
    """How long a statement waits for a lock, in seconds, and how often its file is tried; pauses double."""

    lock_timeout: float = 5.0
    tries: int = 5
    pause: float = 1.0


async def circumstances(
    connection: asyncpg.Connection, journal: Journal, error: asyncpg.PostgresError, patience: Patience
) -> list[str]:
    """What else the person should know: who may hold the lock, which indexes are left invalid."""
    told = []
    try:
        if isinstance(error, BUSY):
            told.append(
                f"Tried {patience.tries} times, waiting {patience.lock_timeout:g} s for each lock. Try again when it "
                "is quiet, or with a longer --lock-timeout, for which others then wait too."
            )
            waited = timedelta(seconds=patience.lock_timeout)
            told += [
                f"In a transaction for {row['seconds']:.0f} s: process {row['pid']}, {row['role']}, "
                f"{row['program'] or 'unknown program'}, {row['state']}."
                for row in await connection.fetch(statement("long_transactions"), waited)
            ]
        if journal.part and concurrent(journal.part):
            told += [
                f"Invalid and to be removed: DROP INDEX CONCURRENTLY {name};"
                for name in await invalid_indexes(connection)
            ]
    except (*faults.LOST, asyncpg.PostgresError):
        return told
    return told
