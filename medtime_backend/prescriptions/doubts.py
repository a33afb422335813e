"""Which fields a person must confirm: what an unsure phrase told, and what another phrase speaks against."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from medtime_backend.prescriptions.numerals import has_digits, is_numeral
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Doubted, Medication, Step
from medtime_backend.prescriptions.tokens import Token

OF_MEDICATION: tuple[Doubted, ...] = ("strength", "form", "route", "site", "maximum", "quantity", "refills")
OF_INSTRUCTION: tuple[Doubted, ...] = (
    "dose", "strength", "frequency", "times", "meals", "duration", "as_needed", "stop",
)  # fmt: skip
CONTRADICTED: Mapping[str, tuple[Doubted, ...]] = {
    "dose": ("dose",),
    "bare": ("dose",),
    "measured": ("dose", "strength"),
    "frequency": ("frequency",),
    "schedule": ("frequency",),
    "weekdays": ("frequency",),
    "duration": ("duration",),
    "route": ("route",),
}
"""What a phrase without a place speaks against."""


BESIDE_UNREAD: frozenset[Doubted] = frozenset(("dose", "frequency", "times", "meals"))
"""What an amount that was not read leaves open: it may be another dose, at some of these times."""
REACH = 2
"""Tokens after a number among which its unit is: '2B mg'."""


def has_unread_amount(tokens: Sequence[Token], read: Collection[int]) -> bool:
    """Whether a number with a unit or form was not read: of '1 tab am y 1 /2 tab pm' the second dose."""
    return any(
        _is_measured(tokens[place + 1 : place + 1 + REACH])
        for place in range(len(tokens))
        if place not in read and has_digits(tokens[place]) and is_numeral(tokens, place)
    )


def _is_measured(following: Sequence[Token]) -> bool:
    """Whether a unit or form is among these, before another number."""
    own = takewhile(lambda token: not has_digits(token), following)
    return any(token.reads("UNIT") or token.reads("FORM") for token in own)


def values(owner: object, names: Iterable[Doubted]) -> dict[Doubted, Any]:
    """Return the fields as they are now; lists as tuples, since they grow."""
    found = {name: getattr(owner, name) for name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def told(before: Mapping[Doubted, Any], owner: object) -> set[Doubted]:
    """Return the fields that changed."""
    return {name for name, value in values(owner, before).items() if value != before[name]}


def in_order(doubts: Iterable[str], record: Medication | Step) -> tuple[Any, ...]:
    """Return the names of those fields that say something, in the order of the record."""
    wanted = set(doubts)
    return tuple(name for name in record.__struct_fields__ if name in wanted and _says(getattr(record, name)))


def _says(value: object) -> bool:
    return value is not None and value is not False and value != ()


def contradicted(phrase: Phrase) -> tuple[Doubted, ...]:
    """Return the fields that a phrase without a place speaks against."""
    return CONTRADICTED.get(phrase.kind, ())
