"""Applies one file: its statements and its row in the history, in one transaction wherever that is possible.

A statement that cannot run in a transaction block divides its file into parts that are committed one by one; the row
comes with the last. So the history never says more than is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from medtime_backend.migrations import faults
from medtime_backend.migrations.circumstances import BUSY, Patience, circumstances
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.history import record
from medtime_backend.migrations.indexes import refuse_invalid_index
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.statement_files import statement
from medtime_backend.migrations.transaction_blocks import (
    MUST_STAND_ALONE,
    concurrent,
    ends_session,
    ends_transaction,
    may_stand_alone,
    stands_alone,
)

_SET_LOCK_TIMEOUT = "select pg_catalog.set_config('lock_timeout', $1, $2)"


def refuse_control(migration: Migration) -> None:
    """Raise MigrationError for a statement that would end the transaction or the session that a file runs in."""
    for number, part in enumerate(migration.parts, start=1):
        if ends_transaction(part):
            what = "begins or ends a transaction, but a file and its history row are one: remove it"
        elif ends_session(part):
            what = "is DISCARD ALL, which drops the runner's lock: remove it; each file starts afresh anyway"
        else:
            continue
        raise MigrationError(
            f"{migration.path.name}, statement {number}, line {part.line}: {what}. Nothing was applied.",
            details=tuple(part.text.splitlines()[-1:]),
        )


async def apply_file(
    connection: asyncpg.Connection, migration: Migration, journal: Journal, patience: Patience
) -> None:
    """Apply a file. Raises MigrationError with what failed and what stays; then the history does not list the file."""
    journal.begin(migration)
    try:
        await _Application(connection, migration, journal, patience).run()
        journal.end()
        # Before the next file, whatever this one has set.
        await connection.execute(statement("reset_session"))
    except faults.LOST as error:
        raise faults.lost(journal) from error
    except asyncpg.PostgresError as error:
        raise faults.failure(journal, error, *await circumstances(connection, journal, error, patience)) from error


class _Application:
    def __init__(
        self, connection: asyncpg.Connection, migration: Migration, journal: Journal, patience: Patience
    ) -> None:
        self._connection, self._migration = connection, migration
        self._journal, self._patience = journal, patience
        self._alone = {number for number, part in enumerate(migration.parts) if stands_alone(part)}

    async def run(self) -> None:
        place, count, recorded = 0, len(self._migration.parts), False
        while not recorded:
            if place in self._alone:
                await self._patiently(lambda number=place: self._run_alone(number))  # type: ignore[misc] # a default
                place += 1
            else:
                stop = min((number for number in self._alone if number > place), default=count)
                if not await self._patiently(lambda start=place, stop=stop: self._run_block(start, stop)):  # type: ignore[misc] # defaults
                    continue
                place, recorded = stop, stop == count
            self._journal.kept = place

    async def _run_block(self, start: int, stop: int) -> bool:
        """Run statements in one transaction, with the row if they are the last; False if one must stand alone."""
        connection, parts = self._connection, self._migration.parts
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(_SET_LOCK_TIMEOUT, f"{self._patience.lock_timeout:g}s", True)  # noqa: FBT003 - SQL's
            for number in range(start, stop):
                self._journal.run(number + 1)
                if parts[number].runs:
                    await connection.execute(parts[number].text)
            if stop == len(parts):
                self._journal.number = len(parts) + 1
                await connection.execute("reset session authorization; reset role")
                await record(connection, self._migration)
        except asyncpg.PostgresError as error:
            await _roll_back(transaction)
            number = self._journal.number - 1
            if error.sqlstate == MUST_STAND_ALONE and number < len(parts) and may_stand_alone(parts[number]):
                self._alone.add(number)
                return False
            raise
        except BaseException:
            await _roll_back(transaction)
            raise
        await self._commit(transaction, last=stop == len(parts))
        return True

    async def _commit(self, transaction: asyncpg.transaction.Transaction, *, last: bool) -> None:
        self._journal.committing = last
        try:
            await transaction.commit()
        except faults.LOST:
            raise
        except asyncpg.PostgresError:
            # A deferred constraint, say: the server has said no, so there is no doubt.
            self._journal.committing = False
            raise

    async def _run_alone(self, number: int) -> bool:
        connection, part = self._connection, self._migration.parts[number]
        self._journal.run(number + 1, alone=True)
        try:
            await refuse_invalid_index(connection, part)
            # CONCURRENTLY waits for transactions and stands in nobody's way; broken off, it leaves an invalid index.
            seconds = 0.0 if concurrent(part) else self._patience.lock_timeout
            await connection.execute(_SET_LOCK_TIMEOUT, f"{seconds:g}s", False)  # noqa: FBT003 - SQL's
            await connection.execute(part.text)
            await refuse_invalid_index(connection, part)
        except MigrationError as error:
            raise MigrationError(
                f"{self._migration.path.name}, statement {number + 1}, line {part.line}: {error}",
                details=(*error.details, *faults.outcome(self._journal)),
            ) from error
        return True

    async def _patiently(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do work that leaves nothing when it fails, again when a lock was not free."""
        for attempt in range(self._patience.tries - 1):
            try:
                return await work()
            except BUSY:
                await asyncio.sleep(self._patience.pause * 2**attempt)
        return await work()


async def _roll_back(transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.rollback()
    except faults.LOST:
        # The server rolls back what has lost its client.
        return
