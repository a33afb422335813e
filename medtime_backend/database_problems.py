"""SQLSTATE → problem: what the database's errors stand for."""

from typing import Any

import asyncpg
import msgspec

from medtime_backend import errors
from medtime_backend.refusals import refusal

# Class 08 connection, 40 rollback (deadlock, serialization), 53 resources, 55P03 lock time-out,
# 57014 statement time-out, 57P0x shutdown (PostgreSQL, Appendix A).
PASSING = ("08", "40", "53", "55P03", "57")


def problem_of(fault: asyncpg.PostgresError) -> errors.Problem:
    """The declared problem of a database error; its facts are the JSON detail that our SQL functions raise."""
    state: str = fault.sqlstate or ""
    if state.startswith("MT"):
        facts: dict[str, Any] = msgspec.json.decode(fault.detail) if fault.detail else {}
        slug: str = fault.message
        if slug == errors.InvalidEntities.slug:
            return refusal(facts["entities"])
        if slug == errors.VersionConflict.slug:
            facts["synced"] = 0
        return errors.PROBLEMS.get(slug, errors.InternalError)(**facts)
    if isinstance(fault, asyncpg.ForeignKeyViolationError):
        return errors.UnknownUser()
    if state.startswith(PASSING):
        return errors.Busy()
    return errors.InternalError()
