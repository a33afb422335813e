"""What a prescription says. Amounts are decimals, texts in JSON; without a range, low and high are the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from medtime_backend.prescriptions.timings import Duration, Frequency, Meal, Record

Doubted: TypeAlias = Literal[
    "drug", "strength", "form", "dose", "route", "site", "frequency", "times", "meals", "duration", "maximum",
    "quantity", "refills", "as_needed", "steps", "stop",
]  # fmt: skip
"""A field that a person must confirm before it is used."""


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
    doubtful: tuple[Doubted, ...] = ()


class Medication(Record, frozen=True):
    """One medication. What is None was not said, or not understood: `raw` has all of it.

    With `steps`, dose, frequency, times, meals, duration and as_needed are those of the steps and empty here.
    `catalog_id` is None for a drug that the catalog does not have; `drug` then is as written. What `doubtful`
    names may be another than what was written: nothing uses it before a person has confirmed it. It names `steps` if
    one of them has such a field.
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
    doubtful: tuple[Doubted, ...] = ()


class Prescription(Record, frozen=True):
    """All medications in the order of the text, and each line or piece of a line that no rule read."""

    medications: list[Medication]
    unread: list[str]
