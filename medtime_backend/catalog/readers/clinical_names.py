"""The names RxNorm composes: '0.8 ML adalimumab-adaz 50 MG/ML Prefilled Syringe [Hyrimoz]'."""

from __future__ import annotations

import re

import msgspec

from medtime_backend.catalog.records import Strength
from medtime_backend.catalog.strengths import STRENGTH, strength_of

QUANTITY = re.compile(r"^[\d.]+ (?:ML|HR|ACTUAT|MG|GM|UNT) (?=\D)")
BRAND = re.compile(r"\s*\[(?P<brand>[^\]]+)\]\s*$")


class ClinicalName(msgspec.Struct, frozen=True):
    """Its parts: ingredients with strengths, dose form, brand."""

    components: tuple[tuple[str, Strength], ...]
    form: str | None
    brand: str | None


def clinical_name(text: str) -> ClinicalName:
    """Take a name of a clinical or branded drug apart; what is not of that kind has no components and no form."""
    brand = BRAND.search(text)
    body = QUANTITY.sub("", text[: brand.start()] if brand else text)
    components: list[tuple[str, Strength]] = []
    form = None
    for part in () if body.startswith("{") else body.split(" / "):
        match = next((one for one in STRENGTH.finditer(part) if one.start() > 0), None)
        if match is None:
            return ClinicalName((), None, brand["brand"] if brand else None)
        components.append((part[: match.start()].strip(), strength_of(match)))
        form = part[match.end() :].strip() or None
    return ClinicalName(tuple(components), form, brand["brand"] if brand else None)
