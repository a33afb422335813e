"""The database as the service reaches it: what its login role may, its time limits, and what is logged of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

import asyncpg

from medtime_backend.database import statement
from medtime_backend.doctor.configuration import NO_SETTINGS
from medtime_backend.doctor.connections import connected
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of

CHECK: Final = "database, as the service"
LONGEST_STATEMENT: Final = 10_000
"""Milliseconds from which hosted Supabase logs a statement with its parameters."""
NEVER: Final = ("service_role", "postgres", "supabase_auth_admin", "anon")
# What a row of a user's may be quoted by, and the values that keep it out of the log.
QUIET: Final[Mapping[str, frozenset[str]]] = {
    "log_statement": frozenset({"none", "ddl"}),
    "log_min_error_statement": frozenset({"log", "fatal", "panic"}),
    "log_min_duration_statement": frozenset({"-1"}),
    "log_parameter_max_length_on_error": frozenset({"0"}),
    "log_error_verbosity": frozenset({"terse"}),
}


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """What can be told with one connection of the service's."""
    settings = visit.deployment.settings
    if settings is None:
        yield Finding(CHECK, "skipped", NO_SETTINGS)
        return
    try:
        async with connected(settings.database_url) as connection:
            row = await connection.fetchrow(statement("doctor_service"))
            yield await _rights(connection, row)
            yield _limits(row)
            yield _logs(await connection.fetch(statement("doctor_logs"), list(QUIET)))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as fault:
        yield Finding(
            CHECK,
            "failure",
            f"{place_of(settings.database_url)}: {reason_of(fault)}",
            "check MEDTIME_DATABASE_URL, and the password of medtime_service (docs/operations.md)",
        )


async def _rights(connection: asyncpg.Connection, row: asyncpg.Record) -> Finding:
    role = row["role_name"]
    powers = [name for name in ("rolsuper", "rolbypassrls", "rolcreaterole") if row[name]]
    powers += [other for other in NEVER if other != role and await _may_become(connection, other)]
    if powers:
        return Finding(
            CHECK,
            "failure",
            f"{role} has or may become: {', '.join(powers)}",
            "connect as medtime_service, and nothing else",
        )
    if not await _may_become(connection, "authenticated"):
        return Finding(
            CHECK,
            "failure",
            f"{role} may not become authenticated: every request is answered 500",
            f"as a role with ADMIN on authenticated: grant authenticated to {role};",
        )
    return Finding(CHECK, "ok", f"{role} may become authenticated and nothing else")


async def _may_become(connection: asyncpg.Connection, role: str) -> bool:
    transaction = connection.transaction()
    await transaction.start()
    try:
        # The same check as `set local role`, with the name as a parameter.
        await connection.execute("select set_config('role', $1, true)", role)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError):
        return False
    finally:
        await transaction.rollback()
    return True


def _limits(row: asyncpg.Record) -> Finding:
    limit = row["statement_timeout"]
    detail = f"statement_timeout {limit} ms, lock_timeout {row['lock_timeout']} ms"
    if 0 < limit < LONGEST_STATEMENT and row["lock_timeout"] > 0:
        return Finding("time limits of the service", "ok", detail)
    return Finding(
        "time limits of the service",
        "warning",
        detail,
        "alter role medtime_service set statement_timeout = '9s'; alter role medtime_service set lock_timeout = '5s';",
    )


def _logs(rows: list[asyncpg.Record]) -> Finding:
    loud = {row["name"]: row["setting"] for row in rows if row["setting"] not in QUIET[row["name"]]}
    if not loud:
        return Finding("Postgres's log", "ok", "quotes no statement, parameter or row")
    said = ", ".join(f"{name} {value}" for name, value in sorted(loud.items()))
    return Finding(
        "Postgres's log",
        "warning",
        f"may quote what users store: {said}",
        "set them as docs/operations.md (Logs) says; a hosted project may refuse some",
    )
