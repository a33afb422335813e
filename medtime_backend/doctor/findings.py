"""What a check has found, in words that name no secret."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec

from medtime_backend.operator_error import OperatorError

Result = Literal["ok", "warning", "failure", "skipped"]


class Finding(msgspec.Struct, frozen=True):
    """One line: what was checked, how it stands, what was seen, and how to mend it."""

    check: str
    result: Result
    detail: str
    mend: str = ""


COULD_NOT: Final = 2


def exit_code(findings: Iterable[Finding]) -> int:
    """0 no failure, 1 a failure, 2 nothing could be checked."""
    results = {finding.result for finding in findings}
    if "failure" in results:
        return 1
    return 0 if results & {"ok", "warning"} else COULD_NOT


def place_of(url: str) -> str:
    """Scheme, host and port of an address, without user, password, path and query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def reason_of(fault: BaseException) -> str:
    """Why something could not be reached: never the text of a foreign fault, which may quote an address or a row."""
    match fault:
        case OperatorError():
            reason = str(fault)
        case TimeoutError() | httpx.TimeoutException():
            reason = "no answer in time"
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            reason = "it does not accept this user and password"
        case asyncpg.PostgresError():
            reason = f"it refuses: SQLSTATE {fault.sqlstate}, {type(fault).__name__}"
        case ValueError() | asyncpg.InterfaceError():
            reason = "the address is not one that can be used"
        case OSError() if fault.errno and fault.errno > 0:
            reason = os.strerror(fault.errno)
        case _:
            reason = type(fault).__name__
    return reason
