"""Tries at an engine elsewhere, within the time of one request: growing waits, not all at once, as the engine asks."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from medtime_backend.ocr.engines.engine import EngineUnavailableError

FIRST_DELAY: Final = 0.25
LONGEST_DELAY: Final = 4.0
"""From here on the waits do not grow any more: a try is worth more than a wait in the seconds that are left."""
MOST_DIGITS: Final = 9

Found = TypeVar("Found")


class PassingError(Exception):
    """The engine could not do it now, but may in so many seconds, or in a moment where it does not say."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("the engine could not do it now")
        self.seconds = seconds


def retried(attempt: Callable[[], Found], deadline: float) -> Found:
    """What an attempt gives, tried again while it may pass.

    Raises EngineUnavailableError as soon as it is known that no other try comes before the deadline.
    """
    delay = FIRST_DELAY
    while True:
        try:
            return attempt()
        except PassingError as fault:
            # Between once and twice, so that many who were refused together do not come back together.
            wait = fault.seconds + delay * (1 + random.random())  # noqa: S311 - to spread, not to hide
        if time.monotonic() + wait >= deadline:
            raise EngineUnavailableError
        time.sleep(wait)
        delay = min(2 * delay, LONGEST_DELAY)


def seconds_asked(retry_after: str) -> float:
    """The seconds of a Retry-After header, which may be a date (RFC 9110, 10.2.3); 0 where it says nothing."""
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after[:MOST_DIGITS])
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
