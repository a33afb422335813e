"""Numbers, doses, strengths and schedules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from lark import Token, Transformer, v_args

from medtime_backend.prescriptions.records import Dose, Measure, Strength
from medtime_backend.prescriptions.timings import Schedule

VOLUMES = frozenset(("mL", "L", "oz"))
CONTENTS = frozenset(("mg", "g", "ug", "IU", "unit", "mEq", "mmol"))
"""Units of what a medicine contains."""
UNCOUNTED = frozenset((
    "suspension", "solution", "cream", "ointment", "gel", "lotion", "syrup", "elixir", "powder", "inhaler", "kg",
))  # fmt: skip
"""What no dose is counted in."""
MOST_PIECES = 20
Range: TypeAlias = tuple[Decimal, Decimal]


@v_args(inline=True)
class AmountMeanings(Transformer[Token, Any]):
    """Rules of the grammar: number, amount, schedule, measured, dose, bare."""

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
            if tail.unit in VOLUMES or tail.unit in {"dose", "hour"} or (tail.unit == "g" and unit != "g"):
                per = tail
            elif tail.unit in CONTENTS:
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

    def over(self, sign: Token) -> str:
        return sign.type

    def range(self, *_: Token) -> str:
        return "range"

    def dose(self, amount: Range, unit: Token) -> Dose:
        return _dose(amount, unit)

    def dose_and_half(self, amount: Range, unit: Token, more: Token) -> Dose:
        if amount[0] != amount[1]:
            raise ValueError("half more than which?")
        return _dose((amount[0] + Decimal(more), amount[1] + Decimal(more)), unit)

    def dose_each(self, amount: Range, number: Decimal, measure: Token, unit: Token) -> Dose:
        return _dose(amount, unit, each=Measure(amount=number, unit=str(measure)))

    def dose_each_in(self, amount: Range, _: Token, number: Decimal, measure: Token, __: Token, unit: Token) -> Dose:
        return self.dose_each(amount, number, measure, unit)

    def dose_total(self, amount: Range, unit: Token, _: Token, number: Decimal, measure: Token, *__: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def dose_total_plain(self, amount: Range, unit: Token, number: Decimal, measure: Token, _: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def dose_equal(self, amount: Range, unit: Token, _: Token, number: Decimal, measure: Token) -> Dose:
        return _dose(amount, unit, total=Measure(amount=number, unit=str(measure)))

    def bare(self, amount: Range) -> Dose:
        return _dose(amount, None)


def _dose(amount: Range, unit: Token | None, each: Measure | None = None, total: Measure | None = None) -> Dose:
    if amount[0] <= 0 or unit in UNCOUNTED:
        raise ValueError("no dose")
    return Dose(low=amount[0], high=amount[1], unit=None if unit is None else str(unit), each=each, total=total)
