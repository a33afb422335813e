"""Dates as the sources write them: numbers in either order, Spanish and English words, ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from medtime_backend.catalog.reading import UnreadableLine
from medtime_backend.catalog.words import cleaned, folded, said

ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
SPANISH = re.compile(r"\b(\d{1,2}) (?:de )?([a-z]{3,10}) (?:de |del )?(\d{4})\b")
ENGLISH = re.compile(r"\b([a-z]{3,9}) (\d{1,2}) (\d{4})\b")
SPANISH_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {
    **{name: month for months in (SPANISH_MONTHS, ENGLISH_MONTHS) for month, name in enumerate(months, start=1)},
    "set": 9,
}
YEARS = range(1900, 2101)
LAST_MONTH = 12


class Order(Enum):
    """What comes first in 03/04/2026."""

    DAY = "day"
    MONTH = "month"


def order_of(values: Iterable[object]) -> Order:
    """The order that a file's dates are written in: days above 12 tell. The day first where nothing tells."""
    firsts = seconds = 0
    for value in values:
        if isinstance(value, str) and (match := NUMBERS.search(value)):
            firsts += int(match[1]) > LAST_MONTH
            seconds += int(match[2]) > LAST_MONTH
    return Order.MONTH if seconds > firsts else Order.DAY


def dates(value: object, order: Order = Order.DAY) -> list[date]:
    """All dates of a cell, in its order. Raises UnreadableLine for one that no calendar has."""
    if isinstance(value, datetime):
        return [value.date()]
    if isinstance(value, date):
        return [value]
    text = cleaned(value)
    found = [(match.start(), _date(text, match[1], match[2], match[3])) for match in ISO.finditer(text)]
    for match in NUMBERS.finditer(text):
        day, month = (match[1], match[2]) if order is Order.DAY else (match[2], match[1])
        if int(month) > LAST_MONTH >= int(day):
            day, month = month, day
        found.append((match.start(), _date(text, match[3], month, day)))
    plain = folded(text)
    for pattern, day_at, month_at in ((SPANISH, 1, 2), (ENGLISH, 2, 1)):
        for match in pattern.finditer(plain):
            number = MONTHS.get(match[month_at][:3])
            if number:
                found.append((match.start(), _date(text, match[3], number, match[day_at])))
    return [one for _, one in sorted(found)]


def one_date(value: object, order: Order = Order.DAY) -> date | None:
    """The first date of a cell, None for an empty one. Raises UnreadableLine."""
    found = dates(value, order)
    if found:
        return found[0]
    if said(value) is None:
        return None
    raise UnreadableLine(f"{cleaned(value)[:40]!r} is no date")


def _date(text: str, year: str | int, month: str | int, day: str | int) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise UnreadableLine(f"{text[:40]!r} is a date that no calendar has") from None
    if found.year not in YEARS:
        raise UnreadableLine(f"{text[:40]!r} is not of our times")
    return found
