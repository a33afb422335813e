"""F1 per field: what a set expects of a sig and what the parser said, both in one short notation, compared as a whole.

A text of several instructions gives several values of a field, in order. Every value that is expected and not said is
a miss, every one that is said and not expected a false alarm; a wrong one is both. How the keys of each set become
values, and what is not judged, is in docs/prescriptions.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from medtime_backend.prescriptions import DrugNames, read_prescription
from medtime_backend.prescriptions.folding import folded
from medtime_backend.prescriptions.records import Dose, Measure, Medication, Step, Strength
from medtime_backend.prescriptions.timings import Duration, Every, Frequency, Once, Schedule, TimesPer, Weekdays

FIELDS = ("drug", "strength", "dose", "route", "frequency", "duration", "as needed")
SHORT = {"hour": "h", "day": "d", "night": "d", "week": "w", "month": "mo", "year": "y"}
Values = tuple[str, ...]


@dataclass(frozen=True)
class Sig:
    """A text with the values expected of its fields; a field that is not in `expected` is not judged."""

    name: str
    language: str
    text: str
    expected: Mapping[str, Values]
    contested: str = ""
    rates: bool = False
    """Whether frequencies are given as so many a day, whatever they were written as."""


@dataclass
class Score:
    """Hits, false alarms and misses of a field."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there was nothing to say and nothing was said."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0

    @property
    def judged(self) -> int:
        """How many values were expected."""
        return self.hits + self.missed


@dataclass
class Judgement:
    """Scores by field, and a line for every value that was wrong."""

    scores: dict[str, Score] = field(default_factory=lambda: {one: Score() for one in FIELDS})
    failures: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """(name, text, field, expected, said)"""


def judge(sigs: Iterable[Sig], drugs: DrugNames) -> Judgement:
    """Read every text and count."""
    judgement = Judgement()
    for sig in sigs:
        said = said_of(sig.text, drugs, rates=sig.rates)
        for name, expected in sig.expected.items():
            score = judgement.scores[name]
            hits = sum(aligned(expected, said[name]))
            score.hits += hits
            score.missed += len(expected) - hits
            score.false += len(said[name]) - hits
            if expected != said[name]:
                judgement.failures.append((sig.name, sig.text, name, show(expected), show(said[name])))
    return judgement


def aligned(expected: Values, said: Values) -> Iterable[bool]:
    """Which values stand at the same place: the order of instructions matters."""
    return (one == other for one, other in zip(expected, said, strict=False))


def show(values: Values) -> str:
    return " ; ".join(values) or "nothing"


def said_of(text: str, drugs: DrugNames, *, rates: bool = False) -> dict[str, Values]:
    """What the parser says, in the notation of the sets."""
    found: dict[str, list[str]] = {name: [] for name in FIELDS}
    for medication in read_prescription(text, drugs).medications:
        for name, value in values_of(medication, rates=rates):
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def values_of(medication: Medication, *, rates: bool = False) -> Iterable[tuple[str, str]]:
    if medication.drug:
        yield "drug", folded(medication.drug)
    if medication.strength:
        yield "strength", strength(medication.strength)
    if medication.route:
        yield "route", medication.route
    instructions: Sequence[Medication | Step] = medication.steps or (medication,)
    for one in instructions:
        if one.dose:
            yield "dose", dose(one.dose)
        if one.frequency:
            yield "frequency", rate(one.frequency) if rates else frequency(one.frequency)
        if one.duration:
            yield "duration", duration(one.duration)
        if one.as_needed:
            yield "as needed", "yes"


def number(value: Decimal) -> str:
    return format(value.normalize(), "f")


def span(low: Decimal, high: Decimal) -> str:
    return number(low) if low == high else f"{number(low)}-{number(high)}"


def strength(value: Strength) -> str:
    units = {one.unit for one in value.values}
    if len(units) == 1:
        text = "/".join(number(one.amount) for one in value.values) + f" {value.values[0].unit}"
    else:
        text = "/".join(measure(one) for one in value.values)
    if value.per is None:
        return text.replace("percent", "%")
    return f"{text}/{measure(value.per).removeprefix('1 ')}"


def measure(value: Measure) -> str:
    return f"{number(value.amount)} {value.unit}"


def dose(value: Dose) -> str:
    if value.each is not None:
        return f"{span(value.low * value.each.amount, value.high * value.each.amount)} {value.each.unit}"
    return f"{span(value.low, value.high)} {value.unit or ''}".strip()


def frequency(value: Frequency) -> str:
    match value:
        case Every():
            if value.low == value.high == 1 and value.unit != "hour":
                return f"1/{SHORT[value.unit]}"
            return f"q{span(value.low, value.high)}{SHORT[value.unit]}"
        case TimesPer():
            period = "" if value.period == 1 else number(value.period)
            return f"{span(value.low, value.high)}/{period}{SHORT[value.unit]}"
        case Weekdays():
            return ",".join(value.days)
        case Schedule():
            return "-".join(number(one) for one in value.doses)
        case Once():
            return "once"


def rate(value: Frequency) -> str:
    """So many a day, of a range the most."""
    hours = {"hour": 1, "day": 24, "week": 168}
    match value:
        case Every() if value.unit in hours:
            return f"{number(24 / (value.low * hours[value.unit]))} a day"
        case TimesPer() if value.unit in hours:
            return f"{number(value.high * 24 / (value.period * hours[value.unit]))} a day"
    return frequency(value)


def duration(value: Duration) -> str:
    if value.low is None or value.high is None or value.unit is None:
        return value.kind
    if value.unit == "week":
        return f"{span(7 * value.low, 7 * value.high)} d"
    return f"{span(value.low, value.high)} {SHORT[value.unit]}"
