"""Query parameters: an unknown or repeated one is refused, so that a misspelt `limit` is not ignored."""

import re
from datetime import UTC, datetime
from typing import Any

from litestar import Request

from medtime_backend import errors

# Litestar also takes 1e2 for a number, and 5 for a moment: seconds since 1970.
SPELLINGS = {"limit": re.compile(r"[0-9]+"), "since": re.compile(r"[0-9]{4}-.+")}


def refuse_unknown(request: Request[Any, Any, Any], *known: str) -> None:
    """Raise InvalidParameter when the query has a parameter that is not known, one twice, or one oddly spelt."""
    given = list(request.query_params.multi_items())
    names = [name for name, _ in given]
    # An unknown name is the client's own text: it is not repeated.
    wrong = {name if name in known else "unknown" for name in names if name not in known or names.count(name) > 1}
    wrong |= {name for name, value in given if name in SPELLINGS and not SPELLINGS[name].fullmatch(value)} & {*known}
    if wrong:
        raise errors.InvalidParameter(parameters=sorted(wrong))


def in_utc(name: str, moment: datetime) -> datetime:
    """The moment in UTC. Raises InvalidParameter when it has no time zone, or is out of the calendar's range."""
    if moment.tzinfo is None:
        raise errors.InvalidParameter(parameters=[name])
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise errors.InvalidParameter(parameters=[name]) from None
