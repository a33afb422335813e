"""Structured logs of ids, times and codes. An allow-list, so that nothing else can slip in."""

import logging
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import Message, Scope

from medtime_backend.log_files import DailyFiles, StandardOutput
from medtime_backend.request_id import request_id

FIELDS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "route",
        "status",
        "duration_ms",
        "code",
        "user_id",
        "entities",
        "problem",
    }
)

NOTED = "noted"

log = structlog.get_logger()


def _only_allowed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in event.items() if name in FIELDS}


def configure(level: str, directory: str = "") -> None:
    """Log JSON lines to standard output, or to daily files of a directory.

    Libraries are heard from warnings on: httpx would log addresses.
    """
    # A text file to structlog, which only writes and flushes.
    target: Any = DailyFiles(Path(directory)) if directory else StandardOutput()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        # Not its PrintLogger, which writes a line and its end apart: another worker's, or midnight, could come between.
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )


async def log_answer(message: Message, scope: Scope) -> None:
    """Log each answer once, with the route's template instead of its path."""
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    state = scope["state"]
    handler = scope.get("route_handler")
    user = scope.get("user")
    started = state.get("started")
    log.info(
        "request",
        request_id=request_id(scope),
        route=scope.get("path_template") if handler else None,
        status=message["status"],
        duration_ms=round((time.perf_counter() - started) * 1000, 1) if started else None,
        user_id=str(user.user_id) if user else None,
        problem=state.get("problem"),
        **state.get(NOTED, {}),
    )


def note(scope: Scope, *, entities: int) -> None:
    """Add to the request's line how many entities went. A device's id is the client's own text, and stays out."""
    scope["state"][NOTED] = {"entities": entities}


def log_fault(fault: BaseException, scope: Scope) -> None:
    """Log an unexpected fault by its class alone: its text could hold data."""
    log.error("fault", request_id=request_id(scope), code=type(fault).__name__)
