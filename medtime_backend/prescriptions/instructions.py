"""Phrases in order → one instruction or several: 'luego', 'and', or a new dose begins another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from medtime_backend.prescriptions.records import (
    Dose,
    Duration,
    Every,
    Frequency,
    Meal,
    Once,
    Schedule,
    Step,
    Strength,
    TimesPer,
    Weekdays,
)

HOURS: dict[str, int] = {"hour": 1, "day": 24, "night": 24, "week": 168, "month": 720, "year": 8760}
DAYS: dict[str, int] = {"day": 1, "night": 1, "week": 7, "month": 30, "year": 365}
SLOTS = {"breakfast": "morning", "lunch": "noon", "dinner": "evening"}


@dataclass
class Instruction:
    """What one part of the text says; `contradicted` when it says two things of one."""

    relation: Literal["first", "then", "and", "unsaid"] = "first"
    dose: Dose | None = None
    strength: Strength | None = None
    frequency: Frequency | None = None
    times: list[str] = field(default_factory=list)
    meals: list[Meal] = field(default_factory=list)
    duration: Duration | None = None
    as_needed: bool = False
    reason: str | None = None
    stop: bool = False
    contradicted: bool = False

    @property
    def complete(self) -> bool:
        """Whether it says how often or how long, so that a further dose is of another instruction."""
        return self.frequency is not None or self.duration is not None or self.placed or self.as_needed

    @property
    def placed(self) -> bool:
        """Whether it says when in the day."""
        return bool(self.times or self.meals)

    @property
    def empty(self) -> bool:
        """Whether it says nothing yet."""
        return not self.complete and self.dose is None and not self.stop

    def set_frequency(self, frequency: Frequency) -> bool:
        """Take it, unless another one was said; of two that agree the closer one is kept. Gives whether it fits."""
        if self.frequency is None:
            self.frequency = frequency
        elif not agree(self.frequency, frequency):
            self.contradicted = True
            return False
        elif _is_daily(self.frequency) or isinstance(frequency, Weekdays):
            self.frequency = frequency
        return True

    def set_duration(self, duration: Duration) -> bool:
        """Take it, unless another one was said. Gives whether it fits."""
        if self.duration is None or self.duration.kind == "finished":
            self.duration = duration
        elif days(self.duration) != days(duration):
            self.contradicted = True
            return False
        return True

    def counted(self) -> Instruction:
        """With the frequency that its times and meals amount to, if none is said."""
        if self.frequency is not None or not self.placed:
            return self
        count = len(
            set(self.times) - {"morning", "noon", "afternoon", "evening", "night"} | slots(self.times, self.meals)
        )
        if not count:
            return self
        number = Decimal(count)
        return replace(self, frequency=TimesPer(low=number, high=number, unit="day", implied=True))

    def step(self) -> Step:
        """As a record."""
        return Step(
            relation=self.relation, dose=self.dose, strength=self.strength, frequency=self.frequency,
            times=tuple(dict.fromkeys(self.times)), meals=tuple(dict.fromkeys(self.meals)), duration=self.duration,
            as_needed=self.as_needed, reason=self.reason, stop=self.stop,
        )  # fmt: skip


def slots(times: Iterable[str], meals: Iterable[Meal]) -> set[str]:
    """Return the times of a day that are meant: breakfast is in the morning, every meal three of them."""
    found = {"night" if one == "night" else one for one in times if not one[:1].isdigit()}
    for meal in meals:
        if meal.meal == "every":
            found |= {"morning", "noon", "evening"}
        elif meal.relation == "bedtime":
            found.add("night")
        elif meal.meal is not None:
            found.add(SLOTS[meal.meal])
    if not found and any(meal.relation == "empty stomach" for meal in meals):
        found.add("morning")
    return found


def agree(first: Frequency, second: Frequency) -> bool:
    """Whether two frequencies say the same, or one says only that it is every day."""
    if first == second:
        return True
    if isinstance(first, Once) or isinstance(second, Once):
        return False
    if isinstance(first, Weekdays) or isinstance(second, Weekdays):
        return _days_a_week(first) == _days_a_week(second)
    if _is_daily(first) or _is_daily(second):
        other = second if _is_daily(first) else first
        return isinstance(other, Schedule) or hours_between(other) is None or (hours_between(other) or 0) <= 24  # noqa: PLR2004 - a day
    one, other_hours = hours_between(first), hours_between(second)
    return one is not None and one == other_hours


def _days_a_week(frequency: Frequency) -> Decimal | None:
    """How many days of a week: 'once a week, on Thursdays' is one."""
    if isinstance(frequency, Weekdays):
        return Decimal(len(frequency.days))
    hours = hours_between(frequency)
    return None if not hours or hours < HOURS["day"] else HOURS["week"] / hours


def _is_daily(frequency: Frequency) -> bool:
    if isinstance(frequency, TimesPer):
        return frequency.high == 1 and frequency.unit == "day" and frequency.period == 1
    return isinstance(frequency, Every) and frequency.high == 1 and frequency.unit == "day"


def hours_between(frequency: Frequency) -> Decimal | None:
    """Return the hours from one dose to the next; None where that is no number."""
    if isinstance(frequency, Every) and frequency.low == frequency.high:
        return frequency.low * HOURS[frequency.unit]
    if isinstance(frequency, TimesPer) and frequency.low == frequency.high:
        return frequency.period * HOURS[frequency.unit] / frequency.high
    return None


def days(duration: Duration) -> tuple[Decimal, Decimal] | None:
    """Return how many days a duration is; None without a number."""
    if duration.low is None or duration.high is None or duration.unit not in DAYS:
        return None
    return duration.low * DAYS[duration.unit], duration.high * DAYS[duration.unit]


def same_dose(first: Instruction, second: Instruction) -> bool:
    """Whether two instructions of a day give the same and differ only in when."""
    return (
        (second.dose is None or first.dose == second.dose)
        and first.placed
        and second.placed
        and None in {first.frequency, second.frequency}
        and second.relation == "and"
        and None in {first.duration, second.duration}
    )
