"""Amounts that nobody prescribes, or hardly: more likely a stroke, a point or a blank was lost.

The bounds are wide: what is beyond them is still given, for a person to confirm. They are ours, from what medicines are
made: no solid piece is taken ten at a time but in rare regimens, no pen injects 100 units, a spoon holds 15 mL.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from medtime_backend.prescriptions.agreement import DAYS, HOURS
from medtime_backend.prescriptions.records import Dose, Doubted, Medication, Step, Strength
from medtime_backend.prescriptions.timings import Duration, Every, Frequency, Schedule, TimesPer

LEAST: Mapping[str, int] = {
    "mg": 5_000, "ug": 5_000, "g": 50, "mL": 61, "L": 5, "oz": 10, "IU": 5_000_000, "unit": 100, "mEq": 100,
    "mmol": 100, "drop": 61, "percent": 101,
}  # fmt: skip
"""From here on a dose or strength is implausible. 5,000 ug would be written as 5 mg; 75 mL may be 7.5."""
LEAST_PIECES = 10
"""Of all else: 112 tablets are 1 1/2, 12 are 1/2, 10 are 1.0; '40' of insulin are 4 U."""
WIDEST = 4
"""How many times the lower end of a range the upper one may be: '1-5 mL' may be 1.5."""
MOST_OF_STRENGTH = 10
"""From how many times what one piece holds, or how small a part of it, a dose is implausible: a nought too many."""
MASSES: Mapping[str, Decimal] = {"g": Decimal(1000), "mg": Decimal(1), "ug": Decimal("0.001")}
PER_MEASURE = 10
"""How many times as much as in a piece there may be in a measure: 100 units are in 1 mL of insulin."""
MOST_HOURS = 168
MOST_TIMES = 8
MOST_DAYS = 366
DAY, HALF_DAY = 24, 12
LASTING = frozenset(("patch",))
"""Forms that give so much in so many hours."""


def implausible(step: Step, strength: Strength | None) -> set[Doubted]:
    """Return the fields of an instruction that hold such an amount. `strength` is what one piece holds."""
    found: set[Doubted] = set()
    if step.dose is not None and (_is_too_much(step.dose) or _is_beyond(step.dose, step.strength or strength)):
        found.add("dose")
    if step.frequency is not None and _is_odd(step.frequency):
        found.add("frequency")
    if step.duration is not None and _is_too_long(step.duration):
        found.add("duration")
    if step.strength is not None and _is_too_strong(step.strength):
        found.add("strength")
    return found


def implausible_beside(medication: Medication) -> set[Doubted]:
    """Return the fields beside the instructions that hold such an amount."""
    found: set[Doubted] = set()
    strength = medication.strength
    if strength is not None and (_is_too_strong(strength) or _may_be_interval(strength, medication.form)):
        found.add("strength")
    most = medication.maximum
    if most is not None and most.amount >= _least(most.unit) * MOST_TIMES:
        found.add("maximum")
    return found


def is_implausible(medication: Medication) -> bool:
    """Whether anything of a medication or its steps is such an amount."""
    own = Step(
        relation="first", dose=medication.dose, frequency=medication.frequency, duration=medication.duration
    )  # fmt: skip
    steps = (own, *medication.steps)
    return bool(implausible_beside(medication)) or any(implausible(one, medication.strength) for one in steps)


def _least(unit: str | None) -> int:
    return LEAST.get(unit or "", LEAST_PIECES)


def _is_too_much(dose: Dose) -> bool:
    return dose.high >= _least(dose.unit) or dose.high > dose.low * WIDEST


def _is_beyond(dose: Dose, strength: Strength | None) -> bool:
    """Whether it is many times what one piece holds, a small part of it, or says another amount for the pieces."""
    if strength is None or strength.per is not None:
        return False
    if dose.total is not None and len(strength.values) == 1 and strength.values[0].unit == dose.total.unit:
        return dose.low == dose.high and dose.low * strength.values[0].amount != dose.total.amount
    held = [value.amount * MASSES[value.unit] for value in strength.values if value.unit in MASSES]
    mass = MASSES.get(dose.unit or "")
    if mass is None or not held:
        return False
    return dose.high * mass >= max(held) * MOST_OF_STRENGTH or dose.low * mass * MOST_OF_STRENGTH <= min(held)


def _is_too_strong(strength: Strength) -> bool:
    times = 1 if strength.per is None else PER_MEASURE
    return any(value.amount >= _least(value.unit) * times for value in strength.values)


def _may_be_interval(strength: Strength, form: str | None) -> bool:
    """'400 mg/8 h' of what is no patch: rather 400 mg every 8 hours."""
    return strength.per is not None and strength.per.unit == "hour" and strength.per.amount > 1 and form not in LASTING


def _is_odd(frequency: Frequency) -> bool:
    if isinstance(frequency, Schedule):
        return max(frequency.doses) >= LEAST_PIECES
    if isinstance(frequency, TimesPer):
        return frequency.high > MOST_TIMES or frequency.high > frequency.low * WIDEST
    if not isinstance(frequency, Every):
        return False
    wide = frequency.high > frequency.low * WIDEST
    hours = {frequency.low, frequency.high} if frequency.unit == "hour" else set[Decimal]()
    return wide or not all(map(_is_usual, hours)) or frequency.high * HOURS[frequency.unit] > MOST_DAYS * DAY


def _is_usual(hours: Decimal) -> bool:
    """Whether doses so many hours apart fall on the same hours of the day: not '81 h'."""
    return 0 < hours <= MOST_HOURS and (DAY % hours == 0 or hours % HALF_DAY == 0 or hours in {5, 10, 18})


def _is_too_long(duration: Duration) -> bool:
    if duration.high is None or duration.low is None or duration.unit is None:
        return False
    long = duration.unit in DAYS and duration.high * DAYS[duration.unit] > MOST_DAYS
    return long or duration.high > duration.low * WIDEST
