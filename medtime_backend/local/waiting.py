"""Bounded waiting: every wait of the stack ends, by success, by time or because the person asked to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from threading import Event

from medtime_backend.local.errors import StackCancelledError, StackError

POLL_SECONDS = 0.02


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    seconds: float,
    cancelled: Event | None = None,
    details: Callable[[], tuple[str, ...]] = tuple,
) -> None:
    """Poll `ready` until it is true.

    Raises StackError naming `what` ("Postgres to answer") and its `details` after `seconds`, StackCancelledError when
    `cancelled` is set meanwhile.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if cancelled is not None and cancelled.is_set():
            raise StackCancelledError("Stopped while starting.")
        if time.monotonic() > deadline:
            raise StackError(f"Waited {seconds:g} seconds for {what}, in vain.", details=details())
        time.sleep(POLL_SECONDS)


def wait_for_all(steps: Sequence[Future[None]], *, cancel: Callable[[], None]) -> None:
    """Wait for steps that run in parallel; `cancel` ends the others when one fails. Raises the first real failure."""
    try:
        done, _ = wait(steps, return_when=FIRST_EXCEPTION)
    except BaseException:
        cancel()
        raise
    failures = [error for step in done if (error := step.exception()) is not None]
    if failures:
        cancel()
        raise min(failures, key=lambda error: isinstance(error, StackCancelledError))
