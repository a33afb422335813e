"""What a prescription says. Amounts are decimals, texts in JSON; without a range, low and high are the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Unit: TypeAlias = Literal["hour", "day", "night", "week", "month", "year"]
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All records: frozen, and in JSON without what was not said."""


class Repair(Record, frozen=True):
    """What was written, what it was taken for, and what supports that."""

    original: str
    taken: str
    why: Literal["catalog", "grammar"]


class Measure(Record, frozen=True):
    """A number with its unit: mg, g, ug, mL, IU, percent, dose, hour."""

    amount: Decimal
    unit: str


class Strength(Record, frozen=True):
    """What one piece of the medicine holds: several values for several substances, and per how much of it."""

    values: tuple[Measure, ...]
    per: Measure | None = None


class Dose(Record, frozen=True):
    """How much at a time. `each` is what one piece measures (a 5 mL spoonful), `total` what all of it is."""

    low: Decimal
    high: Decimal
    unit: str | None = None
    each: Measure | None = None
    total: Measure | None = None


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


class Maximum(Record, frozen=True):
    """No more than this a day."""

    amount: Decimal
    unit: str | None = None


class Quantity(Record, frozen=True):
    """How much is to be dispensed."""

    amount: Decimal
    unit: str | None = None


class Step(Record, frozen=True):
    """One of several instructions. `relation` to the one before: after it, beside it, or the text does not say."""

    relation: Literal["first", "then", "and", "unsaid"]
    dose: Dose | None = None
    strength: Strength | None = None
    frequency: Frequency | None = None
    times: tuple[str, ...] = ()
    meals: tuple[Meal, ...] = ()
    duration: Duration | None = None
    as_needed: bool = False
    reason: str | None = None
    stop: bool = False


class Medication(Record, frozen=True):
    """One medication. What is None was not said, or not understood: `raw` has all of it.

    With `steps`, dose, frequency, times, meals, duration and as_needed are those of the steps and empty here.
    `catalog_id` is None for a drug that the catalog does not have; `drug` then is as written.
    """

    raw: str
    confidence: float
    drug: str | None = None
    catalog_id: str | None = None
    strength: Strength | None = None
    form: str | None = None
    dose: Dose | None = None
    route: str | None = None
    site: str | None = None
    frequency: Frequency | None = None
    times: tuple[str, ...] = ()
    meals: tuple[Meal, ...] = ()
    duration: Duration | None = None
    maximum: Maximum | None = None
    quantity: Quantity | None = None
    refills: int | None = None
    as_needed: bool = False
    reason: str | None = None
    steps: tuple[Step, ...] = ()
    repairs: tuple[Repair, ...] = ()


class Prescription(Record, frozen=True):
    """All medications in the order of the text, and each line or piece of a line that no rule read."""

    medications: list[Medication]
    unread: list[str]
