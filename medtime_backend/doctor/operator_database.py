"""The database as the operator reaches it: version, role, clock, connections."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from medtime_backend.database import statement
from medtime_backend.doctor.clocks import judge_clock
from medtime_backend.doctor.connections import connected
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of

CHECK: Final = "database, as the operator"
OLDEST: Final = 150000
USED_WARNING: Final = 0.8
NO_URL: Final = "no address: give --db-url or set MEDTIME_ADMIN_DATABASE_URL"


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """What can be told with one connection of the operator's."""
    url = visit.deployment.admin_url
    if not url:
        yield Finding(CHECK, "skipped", NO_URL)
        return
    try:
        async with connected(url) as connection:
            async for finding in _look(visit, connection):
                yield finding
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as fault:
        yield Finding(
            CHECK,
            "failure",
            f"{place_of(url)}: {reason_of(fault)}",
            "check host, port, user and password of --db-url, and that this machine may connect",
        )


async def _look(visit: Visit, connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    before = time.time()
    row = await connection.fetchrow(statement("doctor_operator"))
    yield judge_clock("the database", before, time.time(), row["at_time"].timestamp())
    yield _role(row)
    old = row["number"] < OLDEST
    yield Finding(
        "Postgres version",
        "failure" if old else "ok",
        row["version"],
        "upgrade to Postgres 15 or newer" if old else "",
    )
    yield _connections(visit, await connection.fetchrow(statement("doctor_connections")))


def _role(row: asyncpg.Record) -> Finding:
    if not row["sees_all"]:
        return Finding(
            CHECK,
            "failure",
            f"{row['role_name']} has no BYPASSRLS: migrations refuse it",
            "use the role that ran the migrations, postgres",
        )
    if row["replica"]:
        return Finding(CHECK, "warning", f"as {row['role_name']}, on a replica", "give the primary's address")
    return Finding(CHECK, "ok", f"as {row['role_name']}")


def _connections(visit: Visit, row: asyncpg.Record) -> Finding:
    """Whether all workers can fill their pools beside what is connected already."""
    settings = visit.deployment.settings
    room, used = row["room"], row["used"]
    pool = settings.database_pool_size * visit.deployment.workers if settings else 0
    needed = used + max(0, pool - row["ours"])
    workers = f"{visit.deployment.workers} worker" + ("s" if visit.deployment.workers > 1 else "")
    detail = f"{used} of {room} in use, {row['ours']} by the service" + (
        f", whose {workers} may take {pool}" if pool else ""
    )
    mend = "fewer workers or a smaller MEDTIME_DATABASE_POOL_SIZE, a pooler, or more max_connections"
    if needed > room:
        return Finding("connections", "failure", detail, mend)
    if needed > room * USED_WARNING:
        return Finding("connections", "warning", detail, mend)
    return Finding("connections", "ok", detail)
