"""The pool and named statements. Each statement is a whole request, run as the user."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, Self
from uuid import UUID

import asyncpg
import structlog

from medtime_backend import errors
from medtime_backend.database_problems import problem_of
from medtime_backend.settings import Settings
from medtime_backend.shipped_files import statements_in
from medtime_backend.turns import Turns

# So long does an answer prove that the database is there.
PROOF_SECONDS = 2.0

NoteWait = Callable[[float], None]
Trace = Callable[[str], AbstractContextManager[object]]

log = structlog.get_logger()


statement = statements_in("statements")
"""The text of statements/<name>.sql."""


async def _keep(_connection: object) -> None:
    """Leave a returned connection as it is: statements set nothing that outlives their transaction."""


class Database:
    """A pool of connections of the service's own login role."""

    def __init__(
        self, pool: asyncpg.Pool, acquire_timeout: float, note_wait: NoteWait, trace: Trace, turns: Turns
    ) -> None:
        self._trace = trace
        self._pool = pool
        self._acquire_timeout = acquire_timeout
        self._turns = turns
        self._proven_until = 0.0
        self._note_wait = note_wait
        self._waiting = 0

    @classmethod
    async def open(
        cls,
        settings: Settings,
        note_wait: NoteWait = lambda _: None,
        trace: Trace = lambda _: nullcontext(),
        *,
        url: str = "",
    ) -> Self:
        """Open the pool, at `database_url` or another address.

        `note_wait` is told how many seconds each request waited for a connection, `trace` the names of statements. No
        connection is made yet, so the service starts while the database is away.
        """
        pool = await asyncpg.create_pool(
            url or settings.database_url,
            min_size=0,
            max_size=settings.database_pool_size,
            statement_cache_size=settings.database_statement_cache,
            command_timeout=settings.database_statement_timeout,
            timeout=10,
            reset=_keep,
            server_settings={"application_name": "medtime"},
        )
        # Half of the places: nobody may hold more of a worker.
        turns = Turns(settings.database_pool_timeout, max(1, settings.concurrent_requests // 2))
        return cls(pool, settings.database_pool_timeout, note_wait, trace, turns)

    async def close(self) -> None:
        """Wait a moment for running statements, then close the pool."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=10)
        except TimeoutError:
            self._pool.terminate()

    async def prove(self) -> None:
        """Make sure that the database is there, unless it has just answered. Raises what `fetch` raises.

        A pool that is full of work that gets done is no reason to send users elsewhere: there it is the same.
        """
        if time.monotonic() >= self._proven_until:
            await self.fetch("ready")

    async def fetch_in_turn(self, owner: UUID, name: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run a named statement that takes the owner's lock. Raises what `fetch` raises.

        One at a time for each owner: others would wait for the lock, each with a connection that everybody needs.
        """
        async with self._turns.take(owner):
            return await self.fetch(name, *arguments)

    def connections(self) -> dict[str, int]:
        """Connections by state: used and idle; and waiting, the requests that have none yet."""
        idle = self._pool.get_idle_size()
        return {"used": self._pool.get_size() - idle, "idle": idle, "waiting": self._waiting}

    async def _acquire(self) -> Any:
        self._waiting += 1
        asked_at = time.perf_counter()
        # One that is idle is there at once; a time limit, here and at its return, would cost more than taking it.
        timeout = None if self._pool.get_idle_size() else self._acquire_timeout
        try:
            return await self._pool.acquire(timeout=timeout)
        finally:
            self._waiting -= 1
            self._note_wait(time.perf_counter() - asked_at)

    async def fetch(self, name: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run a named statement in its own transaction.

        Raises the problem that the database's error stands for; Busy when no connection is to be had.
        """
        async with self._connected(name) as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement(name), *arguments)
            return rows

    async def fetch_unless(
        self, fault: str, about: Iterable[object], name: str, *arguments: object
    ) -> Sequence[asyncpg.Record] | str:
        """Run a named statement after another one has found no `fault`, on the same server; else its code.

        What it reads it sees as of its own beginning, which is after the other has ended. Raises what `fetch` raises.
        """
        async with (
            self._connected(name) as connection,
            connection.transaction(isolation="read_committed", readonly=True),
        ):
            if code := await connection.fetchval(statement(fault), *about):
                return str(code)
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement(name), *arguments)
            return rows

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[Any]:
        """A connection for a named statement. Raises what `fetch` raises."""
        try:
            with self._trace(name):
                connection = await self._acquire()
                try:
                    yield connection
                    self._proven_until = time.monotonic() + PROOF_SECONDS
                finally:
                    await self._pool.release(connection)
        except asyncpg.PostgresError as fault:
            problem = problem_of(fault)
            if isinstance(problem, errors.InternalError):
                raise
            if isinstance(problem, errors.Busy):
                self._proven_until = 0.0
            raise problem from None
        except (OSError, asyncpg.InterfaceError) as fault:
            if not isinstance(fault, TimeoutError):
                self._proven_until = 0.0
            # Its class alone: the text could name the address.
            log.warning("database_unavailable", code=type(fault).__name__)
            raise errors.Busy from fault
