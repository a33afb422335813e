"""Phrases in order → one instruction or several: 'luego', 'and', or a new dose begins another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from medtime_backend.prescriptions.agreement import agree, days, is_daily
from medtime_backend.prescriptions.records import Dose, Doubted, Step, Strength
from medtime_backend.prescriptions.timings import Duration, Frequency, Meal, TimesPer, Weekdays

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
    doubts: set[Doubted] = field(default_factory=set)
    """The fields that a person must confirm."""

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
        elif is_daily(self.frequency) or isinstance(frequency, Weekdays):
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
        doubts: set[Doubted] = {"frequency"} if self.doubts & {"times", "meals"} else set()
        implied = TimesPer(low=number, high=number, unit="day", implied=True)
        return replace(self, frequency=implied, doubts=self.doubts | doubts)

    def absorb(self, other: Instruction) -> None:
        """Take in another one that differs only in when."""
        self.times += other.times
        self.meals += other.meals
        self.frequency = self.frequency or other.frequency
        self.duration = self.duration or other.duration
        self.as_needed |= other.as_needed
        self.reason = self.reason or other.reason
        self.doubts |= other.doubts

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
