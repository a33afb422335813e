"""The shadow: a throw-away Postgres that has Supabase's roles and our migrations, and nothing else.

What the checkout says a database should be, to compare others with or to try things on.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

import asyncpg

from medtime_backend.local.bootstrap import SERVICE_ROLE, prepare_database
from medtime_backend.local.credentials import load_credentials
from medtime_backend.local.data_directory import DataDirectory
from medtime_backend.local.errors import StackError
from medtime_backend.local.options import StackOptions
from medtime_backend.local.ports import PortReservation
from medtime_backend.local.postgres import DATABASE, SUPERUSER, PostgresServer
from medtime_backend.local.postgres_binaries import find_postgres

# What copies are made from. Nobody can connect to it, so it can be copied at any time.
TEMPLATE = "shadow_template"


@dataclass(frozen=True)
class ShadowDatabase:
    """One database of the shadow and its addresses: as `postgres`, as our service, and as the superuser."""

    name: str
    database_url: str = field(repr=False)
    service_database_url: str = field(repr=False)
    admin_database_url: str = field(repr=False)


class Shadow:
    """Start with `with Shadow() as shadow:`; afterwards nothing of it is left.

    However this process ends, a keeper stops the server. `postgres_bin` and `migrations_dir` replace the wheel's
    Postgres and the project's migrations; `legacy_privileges` applies the default privileges of old Supabase projects
    first. Starting takes about a second and blocks; it is safe under a running event loop. Raises StackError or
    MigrationError.
    """

    def __init__(
        self,
        *,
        postgres_bin: Path | None = None,
        migrations_dir: Path | None = None,
        legacy_privileges: bool = False,
    ) -> None:
        self._postgres_bin = postgres_bin
        self._migrations_dir = migrations_dir
        self._legacy_privileges = legacy_privileges
        self._cancelled = Event()
        self._open = ExitStack()
        self._server: PostgresServer | None = None

    @property
    def database(self) -> ShadowDatabase:
        """The database that was prepared. Its copies are for changing things."""
        return self._describe(DATABASE)

    async def create_database(self) -> ShadowDatabase:
        """Make a copy of the prepared database, owned by postgres, in about 50 ms."""
        name = f"shadow_{secrets.token_hex(8)}"
        await self._administrate("create database %I template %I owner postgres", name, TEMPLATE)
        return self._describe(name)

    async def drop_database(self, database: ShadowDatabase) -> None:
        """Remove a copy; sessions that are left in it are ended."""
        await self._administrate("drop database %I with (force)", database.name)

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[ShadowDatabase]:
        """A copy for the time of an `async with`."""
        database = await self.create_database()
        try:
            yield database
        finally:
            await self.drop_database(database)

    def cancel(self) -> None:
        """Make a start that is under way give up soon (StackCancelledError). A signal handler may call this."""
        self._cancelled.set()

    def stop(self) -> None:
        """End the server and remove its data. Can be called again."""
        self._open.close()
        self._server = None

    def __enter__(self) -> Self:
        try:
            # In a thread of its own, because the caller may have a running event loop in this one.
            with ThreadPoolExecutor(max_workers=1, thread_name_prefix="shadow") as pool:
                try:
                    pool.submit(self._start).result()
                except BaseException:
                    self.cancel()
                    raise
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        # Itself the data directory: where Postgres runs as another user, that user must be able to enter it.
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="medtime-shadow-")))
        directory = DataDirectory(folder)
        directory.lock(self._cancelled)
        self._open.callback(directory.unlock)
        reservation = PortReservation()
        self._open.callback(reservation.release)
        server = PostgresServer(
            binaries=find_postgres(self._postgres_bin, folder),
            directory=directory,
            credentials=load_credentials(directory.credentials),
            port=reservation.port,
            durable=False,
        )
        server.initialize(self._cancelled)
        process = server.start()
        self._open.callback(process.stop)
        options = StackOptions(
            data_dir=folder,
            durable=False,
            service=False,
            seed=False,
            migrations_dir=self._migrations_dir,
            legacy_privileges=self._legacy_privileges,
        )

        async def prepare() -> None:
            await server.wait_until_ready(process, self._cancelled)
            await prepare_database(server, options)

        asyncio.run(prepare())
        self._server = server
        asyncio.run(self._administrate("create database %I template %I is_template true", TEMPLATE, DATABASE))
        asyncio.run(self._administrate("alter database %I allow_connections false", TEMPLATE))

    async def _administrate(self, statement: str, *names: str) -> None:
        """Run a statement about databases, which takes no parameters: the server does the quoting."""
        # Not in the prepared database: one with sessions cannot be copied.
        connection = await asyncpg.connect(self._running.url(SUPERUSER, "template1"))
        try:
            await connection.execute(
                await connection.fetchval("select format($1, variadic $2::text[])", statement, names)
            )
        finally:
            await connection.close()

    def _describe(self, database: str) -> ShadowDatabase:
        server = self._running
        return ShadowDatabase(
            name=database,
            database_url=server.url("postgres", database),
            service_database_url=server.url(SERVICE_ROLE, database),
            admin_database_url=server.url(SUPERUSER, database),
        )

    @property
    def _running(self) -> PostgresServer:
        if self._server is None:
            raise StackError("The shadow database is not running.")
        return self._server
