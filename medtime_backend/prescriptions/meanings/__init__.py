"""What each phrase of the grammar means: lark calls a method for every rule as soon as it is read.

A method raises ValueError for what has the form of a phrase and cannot be meant (40 times a day, 30 minutes long).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lark import Token, v_args

from medtime_backend.prescriptions.meanings.amounts import AmountMeanings
from medtime_backend.prescriptions.meanings.meals import MealMeanings
from medtime_backend.prescriptions.meanings.timing import TimeMeanings
from medtime_backend.prescriptions.records import Maximum, Quantity


@v_args(inline=True)
class Meanings(AmountMeanings, TimeMeanings, MealMeanings):
    """Numbers become decimals, ranges pairs, phrases records; here are the rules of what is said but once."""

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
