"""How often and for how long."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lark import Token, Transformer, v_args

from medtime_backend.prescriptions.meanings.amounts import Range
from medtime_backend.prescriptions.timings import Duration, Every, Frequency, Once, TimesPer, Unit, Weekdays

UNITS: tuple[Unit, ...] = ("hour", "day", "night", "week", "month", "year")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_TIMES = 24


@v_args(inline=True)
class TimeMeanings(Transformer[Token, Any]):
    """Rules of the grammar: frequency, times, weekdays, duration."""

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

    def for_times_per(self, _: Token, times: Range, __: Token, unit: Token) -> Frequency:
        return _times(times, unit)

    def for_times_adverb(self, _: Token, times: Range, unit: Token) -> Frequency:
        return _times(times, unit)

    def times_every(self, times: Range, _: Token, period: Decimal, unit: Token) -> Frequency:
        return _times(times, unit, period)

    def once_per(self, _: Token, unit: Token) -> Frequency:
        if unit == "hour":
            raise ValueError("not said so")
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

    def between(self, *signs: Token) -> str:
        return "to" if signs[0].type in {"TO", "DASH"} else "and"

    def weekdays(self, *parts: Any) -> Weekdays:
        days = [part for part in parts if isinstance(part, Token) and part.type != "EVERY"]
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


def _unit(unit: str) -> Unit:
    for known in UNITS:
        if unit == known:
            return known
    raise ValueError("too short a time")


def _times(times: Range, unit: str, period: Decimal = Decimal(1), *, up_to: bool = False) -> TimesPer:
    if times[0] != int(times[0]) or not 0 < times[1] <= MOST_TIMES:
        raise ValueError("not so many times")
    return TimesPer(low=times[0], high=times[1], unit=_unit(unit), period=period, up_to=up_to)
