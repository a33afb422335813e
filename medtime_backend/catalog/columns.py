"""Columns recognised by what their headers mean, not by their place or exact spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.words import cleaned, folded

SHOWN = 12


class Column(msgspec.Struct, frozen=True):
    """A column that is looked for.

    Each text of `meanings` is a set of beginnings of words that must all be in the header; `without` are beginnings
    that must not be there. `label` is its usual header, for people.
    """

    label: str
    meanings: tuple[str, ...]
    without: str = ""
    required: bool = False

    def fits(self, header: str) -> int:
        """How well a folded header fits: 0 not at all, more for more words and for fewer left over."""
        words = header.split()
        if any(word.startswith(start) for start in self.without.split() for word in words):
            return 0
        best = 0
        for meaning in self.meanings:
            starts = meaning.split()
            if all(any(word.startswith(start) for word in words) for start in starts):
                best = max(best, 100 * len(starts) - len(words) + 1)
        return max(best, 0)


def recognise(headers: Sequence[object], columns: Mapping[str, Column]) -> dict[str, int]:
    """Field → place of its column. Each column is used once: the best fit first."""
    scores = sorted(
        (
            (-score, place, field)
            for place, header in enumerate(map(folded, map(cleaned, headers)))
            if header
            for field, column in columns.items()
            if (score := column.fits(header))
        ),
    )
    found: dict[str, int] = {}
    for _, place, field in scores:
        if field not in found and place not in found.values():
            found[field] = place
    return found


def require(found: Mapping[str, int], headers: Sequence[object], columns: Mapping[str, Column], file: str) -> None:
    """Raise CatalogError that names the first missing column and what was found instead."""
    missing = [column.label for field, column in columns.items() if column.required and field not in found]
    if missing:
        there = [text for text in map(cleaned, headers) if text]
        shown = ", ".join(there[:SHOWN]) + (f" and {len(there) - SHOWN} more" if len(there) > SHOWN else "")
        named = " and ".join(f"'{label}'" for label in missing)
        word = "columns" if len(missing) > 1 else "column"
        raise CatalogError(f"{file} has no {word} {named}; it has: {shown or 'no header at all'}.")
