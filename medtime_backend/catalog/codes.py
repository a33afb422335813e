"""The numbers of products in the systems of others, as they are compared."""

from __future__ import annotations

import re

from medtime_backend.catalog.records import Code

NOT_CODE = re.compile(r"[^0-9a-z]+")
ATC = re.compile(r"\b[A-Z]\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?(?![A-Z0-9])")
NDC_PARTS = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")
NDC_DIGITS = re.compile(r"\d{11}")


def code(system: str, text: str) -> Code | None:
    """A code as written and folded; None where nothing of it can be compared."""
    plain = NOT_CODE.sub("", text.lower())
    return Code(system, text, plain) if 0 < len(plain) <= 128 else None  # noqa: PLR2004 - as the table's check


def atc_codes(text: str) -> tuple[Code, ...]:
    """All ATC codes of a cell, at whatever level."""
    return tuple(Code("atc", found, found.lower()) for found in dict.fromkeys(ATC.findall(text)))


def ndc(text: str) -> str | None:
    """The 11 digits of an NDC (5-4-2), from those or from the parts of a 10-digit one; None for anything else.

    Ten digits without dashes are None: they fit three different products.
    """
    if NDC_DIGITS.fullmatch(text):
        return text
    match = NDC_PARTS.fullmatch(text)
    return f"{match[1]:0>5}{match[2]:0>4}{match[3]:0>2}" if match else None
