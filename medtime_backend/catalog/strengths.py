"""Strengths as labels and registers write them: 500 mg, 250 mg / 5 ml, 50 MG/ML, 1,000 UI."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from medtime_backend.catalog.records import Strength
from medtime_backend.catalog.words import cleaned

UNITS = {
    "mg": "mg", "mgs": "mg", "miligramo": "mg", "miligramos": "mg", "milligram": "mg",
    "g": "g", "gm": "g", "gr": "g", "gramo": "g", "gramos": "g",
    "kg": "kg", "ng": "ng",
    "ug": "ug", "mcg": "ug", "µg": "ug", "μg": "ug", "microgramo": "ug", "microgramos": "ug",
    "ml": "ml", "mililitro": "ml", "mililitros": "ml", "l": "l", "ul": "ul", "dl": "dl",
    "iu": "IU", "ui": "IU", "u.i.": "IU", "unt": "IU", "u": "IU", "unidades": "IU",
    "mmol": "mmol", "mol": "mol", "umol": "umol", "meq": "meq", "%": "%",
    "mci": "mci", "mbq": "mbq", "gbq": "gbq", "cells": "cells", "pfu": "pfu", "bau": "bau", "au": "au",
    "actuat": "actuation", "dosis": "dose", "dose": "dose", "hr": "h", "h": "h", "sqcm": "cm2", "cm2": "cm2",
    "tableta": "tablet", "tablet": "tablet", "capsula": "capsule", "cápsula": "capsule", "spray": "spray",
}  # fmt: skip
"""Units as they are written → ours."""

_unit = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_number = r"\d[\d.,]*"
STRENGTH = re.compile(
    rf"(?<![\w.,])(?P<amount>{_number})\s*(?P<unit>{_unit})(?![\w])"
    rf"(?:\s*/\s*(?P<per_amount>{_number})?\s*(?P<per_unit>{_unit})(?![\w]))?",
    re.IGNORECASE,
)
THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
MOST_BYTES = 256


def number(text: str) -> Decimal | None:
    """A positive number: a comma before three digits groups thousands, any other one is decimal."""
    text = text.rstrip(".,")
    plain = text.replace(",", "") if THOUSANDS.fullmatch(text) else text.replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found.normalize() if found > 0 else None


def strength_of(match: re.Match[str]) -> Strength:
    """What a match of STRENGTH says. A number that is none leaves the text alone."""
    text = cleaned(match[0])
    amount, unit = number(match["amount"]), UNITS[match["unit"].lower()]
    if amount is None:
        return Strength(text)
    if match["per_unit"] is None:
        return Strength(text, amount, unit)
    per = number(match["per_amount"]) if match["per_amount"] else Decimal(1)
    return Strength(text, amount, unit, per, UNITS[match["per_unit"].lower()])


def name_and_strength(text: str) -> tuple[str, Strength | None]:
    """Split 'Ketorolaco trometamina 30.000 mg' into the name before the first strength, and that strength."""
    match = STRENGTH.search(text)
    if match is None or len(match[0].encode()) > MOST_BYTES:
        return cleaned(text), None
    return cleaned(text[: match.start()]).rstrip(" ,:;-="), strength_of(match)
