"""What PostgREST answers instead of rows: {code, message, details, hint} and a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg

# https://docs.postgrest.org/en/v14/references/errors.html: the longest beginning of the SQLSTATE counts, else 400.
STATUS_BY_STATE: Mapping[str, int] = {
    **dict.fromkeys(("08", "53"), 503),
    **dict.fromkeys(("0L", "0P", "28"), 403),
    **dict.fromkeys(("09", "25", "2D", "38", "39", "3B", "40", "53400", "54", "55", "57", "58", "F0", "HV", "XX"), 500),
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request is not carried out. `code` is PostgREST's (`PGRST…`) or an SQLSTATE."""

    def __init__(  # noqa: PLR0913 - the members of PostgREST's own errors
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"code": code, "details": details, "hint": hint, "message": message}


def not_in_the_twin(what: str) -> Refused:
    """What Supabase's REST API can do and this twin cannot, said by name instead of being ignored."""
    return Refused(501, "MEDTIME-LOCAL", f"The embedded stack's REST API does not know {what}.")


def refused_by_database(fault: asyncpg.PostgresError, role: str) -> Refused:
    """The answer to an error of the database. `role` decides between 401 and 403 for a missing right."""
    state = fault.sqlstate or "XX000"
    message, details, hint = str(fault.args[0] if fault.args else ""), fault.detail, fault.hint
    if state == "42501":
        anonymous = role == "anon"
        headers = {"WWW-Authenticate": "Bearer"} if anonymous else {}
        return Refused(401 if anonymous else 403, state, message, details=details, hint=hint, headers=headers)
    if state.startswith("PT") and state[2:].isdigit():
        status = int(state[2:])
    else:
        fitting = [status for part, status in sorted(STATUS_BY_STATE.items()) if state.startswith(part)]
        status = fitting[-1] if fitting else 400
    return Refused(status, state, message, details=details, hint=hint)
