"""What each phrase of the grammar means: lark calls a method for every rule as soon as it is read.

A method raises ValueError for what has the form of a phrase and cannot be meant (a day of 40 times, 30 minutes long).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lark import Token, Transformer, v_args

from medtime_backend.prescriptions.records import (
    Dose,
    Duration,
    Every,
    Frequency,
    Maximum,
    Meal,
    Measure,
    Once,
    Quantity,
    Schedule,
    Strength,
    TimesPer,
    Unit,
    Weekdays,
)

UNITS: tuple[Unit, ...] = ("hour", "day", "night", "week", "month", "year")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
VOLUMES = frozenset(("mL", "L", "oz"))
UNCOUNTED = frozenset(
    ("suspension", "solution", "cream", "ointment", "gel", "lotion", "syrup", "elixir", "powder", "inhaler", "kg")
)
"""What no dose is counted in."""
MOST_TIMES = 24
MOST_PIECES = 20
Range = tuple[Decimal, Decimal]


@v_args(inline=True)
class Meanings(Transformer[Token, Any]):
    """Numbers become decimals, ranges pairs, phrases records."""

    def number(self, number: Token, more: Token | None = None) -> Decimal:
        return Decimal(number) + (Decimal(more) if more is not None else 0)

    def amount(self, low: Decimal, _: Any = None, high: Decimal | None = None) -> Range:
        if high is not None and high <= low:
            raise ValueError("no range")
        return low, low if high is None else high

    def schedule(self, *parts: Any) -> Schedule:
        doses = tuple(part for part in parts if isinstance(part, Decimal))
        if not any(doses) or max(doses) > MOST_PIECES:
            raise ValueError("no schedule")
        return Schedule(doses=doses)

    def measured(self, *parts: Any) -> tuple[Strength, str]:
        """Give the strength, and the sign between its first two numbers."""
        leading = [part for part in parts if isinstance(part, Decimal)]
        unit = next(str(part) for part in parts if isinstance(part, Token))
        sign = next((part for part in parts if isinstance(part, str) and not isinstance(part, Token)), "")
        values = [Measure(amount=number, unit=unit) for number in leading]
        per: Measure | None = None
        for tail in (part for part in parts if isinstance(part, Measure)):
            if per is not None:
                raise ValueError("two units to measure by")
            if tail.unit in VOLUMES or tail.unit in {"dose", "hour"} or (tail.unit in {"g", "kg"} and unit != "g"):
                per = tail
            elif tail.unit in {"mg", "g", "ug", "IU", "unit", "mEq", "mmol"}:
                values.append(tail)
            else:
                raise ValueError("no strength")
        if unit == "kg" or any(value.amount <= 0 for value in values):
            raise ValueError("nothing of it")
        return Strength(values=tuple(values), per=per), sign if len(leading) > 1 else ""

    def tail_measure(self, number: Decimal, unit: Token) -> Measure:
        return Measure(amount=number, unit=str(unit))

    def tail_unit(self, unit: Token) -> Measure:
        return Measure(amount=Decimal(1), unit=str(unit))

    def joint(self, sign: Token) -> str:
        return sign.type

    def range(self, *_: Token) -> str:
        return "range"

    def dose(self, amount: Range, unit: Token) -> Dose:
        return _dose(amount, unit)

    def dose_each(self, amount: Range, number: Decimal, measure: Token, unit: Token) -> Dose:
        return _dose(amount, unit, each=Measure(amount=number, unit=str(measure)))

    def dose_each_in(self, amount: Range, _: Token, number: Decimal, measure: Token, __: Token, unit: Token) -> Dose:
        return self.dose_each(amount, number, measure, unit)  # type: ignore[arg-type, call-arg] # v_args hides the types

    def dose_total(self, amount: Range, unit: Token, _: Token, number: Decimal, measure: Token, *__: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def dose_total_plain(self, amount: Range, unit: Token, number: Decimal, measure: Token, _: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def dose_equal(self, amount: Range, unit: Token, _: Token, number: Decimal, measure: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def bare(self, amount: Range) -> Dose:
        return _dose(amount, None)

    def times(self, low: Any, *more: Any) -> Range:
        if isinstance(low, tuple):
            return low
        numbers = [Decimal(low), *(Decimal(one) for one in more if isinstance(one, Token) and one.type == "COUNT")]
        return numbers[0], numbers[-1]

    def every(self, _: Token, amount: Range, unit: Token) -> Frequency:
        return Every(low=amount[0], high=amount[1], unit=_unit(unit))

    def every_one(self, _: Token, unit: Token) -> Frequency:
        return Every(low=Decimal(1), high=Decimal(1), unit=_unit(unit))

    def every_other(self, _: Token, __: Token, unit: Token) -> Frequency:
        return Every(low=Decimal(2), high=Decimal(2), unit=_unit(unit))

    def times_per(self, times: Range, _: Token, unit: Token) -> Frequency:
        return _times(times, unit)

    def up_to_times_per(self, _: Token, times: Range, __: Token, unit: Token) -> Frequency:
        return _times(times, unit, up_to=True)

    def times_adverb(self, times: Range, unit: Token) -> Frequency:
        return _times(times, unit)

    def up_to_times_adverb(self, _: Token, times: Range, unit: Token) -> Frequency:
        return _times(times, unit, up_to=True)

    def times_every(self, times: Range, _: Token, period: Decimal, unit: Token) -> Frequency:
        return _times(times, unit, period)

    def once_per(self, _: Token, unit: Token) -> Frequency:
        return _times((Decimal(1), Decimal(1)), unit)

    def adverb(self, unit: Token) -> Frequency:
        return _times((Decimal(1), Decimal(1)), unit)

    def code(self, code: Token) -> Frequency:
        times, _, unit = code.partition("/")
        if unit:
            return _times((Decimal(times), Decimal(times)), unit)
        _, number, unit = code.split("-")
        return Every(low=Decimal(number), high=Decimal(number), unit=_unit(unit))

    def codes(self, low: Token, _: Any, high: Token) -> Frequency:
        (first, _, unit), (last, _, same) = low.partition("/"), high.partition("/")
        if not unit or unit != same:
            raise ValueError("no range")
        return _times((Decimal(first), Decimal(last)), unit)

    def once(self, _: Token) -> Frequency:
        return Once()

    def count_alone(self, count: Token) -> Frequency:
        if count != "1":
            raise ValueError("how often in what time?")
        return Once()

    def day(self, day: Token) -> Token:
        return day

    def between(self, *signs: Token) -> str:
        return "to" if signs[0].type in {"TO", "DASH"} else "and"

    def weekdays(self, *parts: Any) -> Weekdays:
        days = [part for part in parts if isinstance(part, Token) and part.type != "EVERY"]
        if len(days) == 1 and days[0].type == "DAYLETTER":
            raise ValueError("a letter alone is no day")
        signs = [part for part in parts if isinstance(part, str) and not isinstance(part, Token)]
        if len(days) == 2 and signs == ["to"]:  # noqa: PLR2004 - from one day to the other
            first, last = WEEK.index(days[0]), WEEK.index(days[1])
            if first >= last:
                raise ValueError("no days between")
            return Weekdays(days=WEEK[first : last + 1])  # type: ignore[arg-type] # they are days
        return Weekdays(days=tuple(dict.fromkeys(map(str, days))))  # type: ignore[arg-type] # they are days

    def lasting(self, _: Token, amount: Range, unit: Token) -> Duration:
        return Duration(low=amount[0], high=amount[1], unit=_unit(unit))

    def lasting_up_to(self, *parts: Any) -> Duration:
        low, high = parts[-2]
        return Duration(kind="up to", low=low, high=high, unit=_unit(parts[-1]))

    def lasting_bare(self, amount: Range, unit: Token) -> Duration:
        if unit == "hour":
            raise ValueError("hours alone last nothing")
        return Duration(low=amount[0], high=amount[1], unit=_unit(unit))

    def finished(self, _: Token) -> Duration:
        return Duration(kind="finished")

    def indefinite(self, *_: Token) -> Duration:
        return Duration(kind="indefinite")

    def time_of_day(self, *parts: Token) -> str:
        return str(parts[-1])

    def bedtime(self, *_: Token) -> tuple[Meal, ...]:
        return (Meal(relation="bedtime"),)

    def clock(self, *parts: Token) -> str:
        time = next(part for part in parts if part.type == "CLOCK")
        half = next((str(part) for part in parts if part.type == "AMPM"), "")
        return _clock(int(time[:2]), time[3:], half)

    def hour(self, *parts: Any) -> str:
        if parts[-2] != int(parts[-2]):
            raise ValueError("no hour")
        return _clock(int(parts[-2]), "00", str(parts[-1]))

    def fasting(self, _: Token) -> tuple[Meal, ...]:
        return (Meal(relation="empty stomach"),)

    def meal_adverb(self, relation: Token) -> tuple[Meal, ...]:
        return _meals(str(relation), ["meals"])

    def relation(self, relation: Token) -> str:
        return str(relation)

    def both(self, *_: Token) -> None:
        return None

    def meals(self, *parts: Any) -> list[str]:
        return [str(part) for part in parts if part is not None]

    def beside(self, relation: str, meals: list[str]) -> tuple[Meal, ...]:
        return _meals(relation, meals)

    def beside_every(self, relation: str, _: Token, meals: list[str]) -> tuple[Meal, ...]:
        return _meals(relation, ["meals" if one == "food" else one for one in meals])

    def beside_minutes(self, number: Decimal, unit: Token, relation: str, meals: list[str]) -> tuple[Meal, ...]:
        minutes = {"minute": number, "hour": number * 60}.get(unit)
        if minutes is None or relation == "with":
            raise ValueError("no time beside a meal")
        return _meals(relation, meals, minutes)

    def beside_minutes_every(self, number: Decimal, unit: Token, relation: str, _: Token, meals: list[str]) -> Any:
        return self.beside_minutes(number, unit, relation, ["meals" if one == "food" else one for one in meals])  # type: ignore[call-arg, arg-type] # v_args hides the types

    def place(self, *parts: Token) -> tuple[str, str]:
        site = next(str(part) for part in parts if part.type == "SITE")
        side = next((str(part) for part in parts if part.type == "SIDE"), "")
        return site, f"{side} {site}{'s' if side == 'both' else ''}".strip()

    def eye(self, side: Token) -> tuple[str, str]:
        return "eye", f"{side} eye{'s' if side == 'both' else ''}"

    def quantity(self, *parts: Any) -> Quantity:
        unit = next((part[0] for part in parts if isinstance(part, list)), None)
        return Quantity(amount=next(part for part in parts if isinstance(part, Decimal)), unit=unit)

    def thing(self, thing: Token) -> list[str]:
        return [str(thing)]

    def refills(self, *parts: Any) -> int:
        number: Decimal = next(part for part in parts if isinstance(part, Decimal))
        if number != int(number):
            raise ValueError("no number of refills")
        return int(number)

    def no_refills(self, _: Token) -> int:
        return 0

    def day_end(self, *parts: Any) -> tuple[Decimal, str]:
        return next((part for part in parts if isinstance(part, Decimal)), Decimal(1)), str(parts[-1])

    def maximum(self, *parts: Any) -> Maximum:
        end = next((part for part in parts if isinstance(part, tuple)), (Decimal(1), "day"))
        if end not in {(Decimal(1), "day"), (Decimal(24), "hour")}:
            raise ValueError("not of a day")
        unit = next((part[0] for part in parts if isinstance(part, list)), None)
        return Maximum(amount=next(part for part in parts if isinstance(part, Decimal)), unit=unit)

    def needed(self, _: Token) -> str:
        return "needed"

    def route(self, route: Token) -> str:
        return str(route)

    def verb(self, route: Token) -> str:
        return str(route)

    def shape(self, form: Token) -> str:
        return str(form)

    def then(self, _: Token) -> str:
        return "then"

    def stop(self, _: Token) -> str:
        return "stop"

    def directed(self, _: Token) -> str:
        return "directed"

    def label(self, _: Token) -> str:
        return "label"

    def also(self, _: Token) -> str:
        return "also"


def _dose(amount: Range, unit: Token | None, each: Measure | None = None, total: Measure | None = None) -> Dose:
    if amount[0] <= 0 or unit in UNCOUNTED:
        raise ValueError("no dose")
    return Dose(low=amount[0], high=amount[1], unit=None if unit is None else str(unit), each=each, total=total)


def _unit(unit: str) -> Unit:
    for known in UNITS:
        if unit == known:
            return known
    raise ValueError("too short a time")


def _times(times: Range, unit: str, period: Decimal = Decimal(1), *, up_to: bool = False) -> TimesPer:
    if times[0] != int(times[0]) or not 0 < times[1] <= MOST_TIMES:
        raise ValueError("not so many times")
    return TimesPer(low=times[0], high=times[1], unit=_unit(unit), period=period, up_to=up_to)


def _clock(hour: int, minute: str, half: str) -> str:
    if not half:
        return f"{hour:02}:{minute}"
    if not 1 <= hour <= 12:  # noqa: PLR2004 - with am and pm
        raise ValueError("no hour")
    return f"{hour % 12 + (12 if half == 'pm' else 0):02}:{minute}"


def _meals(relation: str, meals: list[str], minutes: Decimal | None = None) -> tuple[Meal, ...]:
    named: dict[str, Any] = {one: one for one in ("breakfast", "lunch", "dinner")}
    named["meals"] = "every"
    return tuple(Meal(relation=relation, meal=named.get(one), minutes=minutes) for one in meals)  # type: ignore[arg-type] # one of the vocabulary's
