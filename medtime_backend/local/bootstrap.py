"""Makes a fresh Postgres look like a hosted Supabase project, then brings our schema and the demo data in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg

from medtime_backend.catalog.seeding import File, seed
from medtime_backend.catalog.sources import SOURCES
from medtime_backend.catalog.substances import seeds_directory
from medtime_backend.local.credentials import Credentials
from medtime_backend.local.options import DemoUser, StackOptions
from medtime_backend.local.postgres import SUPERUSER, PostgresServer
from medtime_backend.migrations import apply_migrations, migrations_directory, read_migrations
from medtime_backend.shipped_files import shipped_directory

SQL = Path(__file__).with_name("sql")
ADDITIONS = SQL / "auth_additions.sql"
LEGACY_PRIVILEGES = SQL / "legacy_default_privileges.sql"
LOGIN_ROLES = ("postgres", "supabase_auth_admin", "authenticator")
SERVICE_ROLE = "medtime_service"

CATALOG_SAMPLES = {
    "rxnorm": ("rxnorm", date(2026, 3, 2)),
    "ema": ("ema.csv", date(2026, 3, 14)),
    "cofepris": ("cofepris.csv", date(2026, 3, 1)),
}
"""Source → its sample in seeds/catalog and the day of it."""

DEMO_USERS = (
    ("ana@demo.medtime.app", "a0a0a0a0-0000-4000-8000-000000000001"),
    ("luis@demo.medtime.app", "b0b0b0b0-0000-4000-8000-000000000002"),
)


def demo_users(credentials: Credentials) -> tuple[DemoUser, ...]:
    """Return the users of seeds/demo_users.sql with their password."""
    return tuple(DemoUser(email, credentials.demo, user_id) for email, user_id in DEMO_USERS)


async def prepare_database(server: PostgresServer, options: StackOptions) -> None:
    """Do what is not done yet, each part in one transaction. Raises MigrationError."""
    async with _session(server, SUPERUSER) as connection:
        if not await connection.fetchval("select to_regnamespace('auth') is not null"):
            await _bootstrap(connection, server.credentials, legacy=options.legacy_privileges)
        # Again at each start: a data directory may be older than what this file adds.
        await connection.execute(ADDITIONS.read_text(encoding="utf-8"))
    async with _session(server, "postgres") as connection:
        await apply_migrations(connection, read_migrations(options.migrations_dir or migrations_directory()))
        if await connection.fetchval("select to_regrole($1) is not null", SERVICE_ROLE):
            await set_password(connection, SERVICE_ROLE, server.credentials.medtime_service)
    if options.seed:
        await _seed(server)


async def set_password(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Set a role's password; the server does the quoting, because ALTER ROLE takes no parameters."""
    statement = await connection.fetchval(
        "select format('alter role %I password %L', $1::text, $2::text)", role, password
    )
    await connection.execute(statement)


async def _bootstrap(connection: asyncpg.Connection, credentials: Credentials, *, legacy: bool) -> None:
    files = [*sorted(SQL.glob("[0-9]*.sql")), *([LEGACY_PRIVILEGES] if legacy else [])]
    async with connection.transaction():
        for file in files:
            await connection.execute(file.read_text(encoding="utf-8"))
        for role in LOGIN_ROLES:
            await set_password(connection, role, getattr(credentials, role))


async def _seed(server: PostgresServer) -> None:
    seeds = shipped_directory("seeds")
    async with _session(server, "supabase_auth_admin") as connection, connection.transaction():
        await connection.execute(
            "select set_config('medtime.demo_password_hash', $1, true)", server.credentials.demo_hash
        )
        await connection.execute((seeds / "demo_users.sql").read_text(encoding="utf-8"))
    async with _session(server, "postgres") as connection, connection.transaction():
        await connection.execute((seeds / "demo.sql").read_text(encoding="utf-8"))
    async with _session(server, "postgres") as connection:
        await _seed_catalog(connection)


async def _seed_catalog(connection: asyncpg.Connection) -> None:
    """Bring the sample of each source in that has no release yet: what somebody seeded himself is left as it is."""
    if not await connection.fetchval("select to_regclass('public.catalog_releases') is not null"):
        return
    seeded = {row["source"] for row in await connection.fetch("select distinct source from public.catalog_releases")}
    for name, (file, day) in CATALOG_SAMPLES.items():
        if name not in seeded:
            await seed(connection, SOURCES[name], File(seeds_directory() / file, f"sample: {file}", day))


@asynccontextmanager
async def _session(server: PostgresServer, role: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.url(role))
    try:
        yield connection
    finally:
        await connection.close()
