"""When in the day, and beside which meal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lark import Token, Transformer, v_args

from medtime_backend.prescriptions.timings import Meal


@v_args(inline=True)
class MealMeanings(Transformer[Token, Any]):
    """Rules of the grammar: when, relation, meals."""

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
        return self.beside_minutes(number, unit, relation, ["meals" if one == "food" else one for one in meals])


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
