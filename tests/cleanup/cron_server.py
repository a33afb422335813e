"""Debian's Postgres 15 with pg_cron, as a hosted project has it: made by the superuser, to be used by postgres."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import asyncpg

from medtime_backend.local.bootstrap import prepare_database
from medtime_backend.local.credentials import load_credentials
from medtime_backend.local.data_directory import DataDirectory
from medtime_backend.local.options import StackOptions
from medtime_backend.local.ports import PortReservation
from medtime_backend.local.postgres import PostgresServer
from medtime_backend.local.postgres_binaries import find_postgres
from tests.servers import DEBIAN_15

PG_CRON = DEBIAN_15.parent / "lib" / "pg_cron.so"
INSTALL = """
create extension pg_cron;
grant usage on schema cron to postgres;
"""


@contextmanager
def cron_server(*, workers: bool) -> Iterator[PostgresServer]:
    """A server with pg_cron in the database postgres, without our migrations.

    With `workers` its jobs run in background workers, else on connections to localhost as their user.
    """
    with ExitStack() as opened:
        directory = DataDirectory(Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="medtime-cron-"))))
        directory.lock(Event())
        opened.callback(directory.unlock)
        reservation = PortReservation()
        opened.callback(reservation.release)
        server = PostgresServer(
            binaries=find_postgres(DEBIAN_15, directory.path),
            directory=directory,
            credentials=load_credentials(directory.credentials),
            port=reservation.port,
            durable=False,
        )
        server.initialize(Event())
        with (directory.postgres / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                "shared_preload_libraries = 'pg_cron'\ncron.host = '127.0.0.1'\n"
                f"cron.use_background_workers = {'on' if workers else 'off'}\n"
            )
        access = directory.postgres / "pg_hba.conf"
        access.write_text(
            f"host postgres postgres 127.0.0.1/32 {'scram-sha-256' if workers else 'trust'}\n{access.read_text()}"
        )
        process = server.start()
        opened.callback(process.stop)
        asyncio.run(server.wait_until_ready(process, Event()))
        yield server


async def install(server: PostgresServer) -> None:
    """Make the extension, as a hosted project's dashboard does."""
    connection = await asyncpg.connect(server.url("supabase_admin"))
    try:
        await connection.execute(INSTALL)
    finally:
        await connection.close()


async def migrate(server: PostgresServer) -> None:
    """Supabase's roles and our migrations."""
    await prepare_database(
        server, StackOptions(data_dir=server.directory.path, durable=False, service=False, seed=False)
    )
