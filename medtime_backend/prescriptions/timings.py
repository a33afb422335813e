"""When and how long something is taken, as records."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Unit: TypeAlias = Literal["hour", "day", "night", "week", "month", "year"]
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All records: frozen, and in JSON without what was not said."""


class Every(Record, frozen=True, tag="every"):
    """Once in so many hours, days, weeks or months."""

    low: Decimal
    high: Decimal
    unit: Unit


class TimesPer(Record, frozen=True, tag="times"):
    """So many times in `period` units, or `up_to` so many.

    `implied`: counted from the times of day and meals, not written as a number.
    """

    low: Decimal
    high: Decimal
    unit: Unit
    period: Decimal = Decimal(1)
    up_to: bool = False
    implied: bool = False


class Weekdays(Record, frozen=True, tag="weekdays"):
    """On these days of the week."""

    days: tuple[Day, ...]


class Schedule(Record, frozen=True, tag="schedule"):
    """1-0-1: how much at morning, noon and evening; a fourth is at night."""

    doses: tuple[Decimal, ...]


class Once(Record, frozen=True, tag="once"):
    """A single dose."""


Frequency: TypeAlias = Every | TimesPer | Weekdays | Schedule | Once


class Meal(Record, frozen=True):
    """Where the dose lies beside a meal: `every` one, or None for one that is not named; `minutes` before or after."""

    relation: Literal["before", "with", "after", "empty stomach", "bedtime"]
    meal: Literal["breakfast", "lunch", "dinner", "every"] | None = None
    minutes: Decimal | None = None


class Duration(Record, frozen=True):
    """How long. Without numbers only for `finished` (until the pack is empty) and `indefinite`."""

    kind: Literal["for", "up to", "finished", "indefinite"] = "for"
    low: Decimal | None = None
    high: Decimal | None = None
    unit: Unit | None = None
