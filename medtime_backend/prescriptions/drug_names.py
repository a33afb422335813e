"""Names of drugs, to be found by: 300,000 in a few flat buffers that forked processes share without copying.

Python objects would be copied page by page in each child, as counting references writes to them; buffers are not.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import OSA

from medtime_backend.prescriptions.confusions import same_but_ending, unconfused
from medtime_backend.prescriptions.folding import folded
from medtime_backend.prescriptions.texts import Texts

MOST_CANDIDATES = 2000
"""Names compared with one that is not found as written."""
SHORTEST_SLIP = 6
"""Letters of a name that may be written with a slip: short ones are too alike."""
Kind: TypeAlias = Literal["exact", "spelling", "slip", "fuzzy"]


class Match(msgspec.Struct, frozen=True):
    """A name of the catalog, its id, and how it was found.

    `exact` is what was written; `spelling` differs by the vowel at the end, as Spanish and English do; in a `slip` a
    character was misread, and in `fuzzy` one letter is wrong.
    """

    name: str
    catalog_id: str | None
    kind: Kind


class DrugNames(Protocol):
    """Finds names of drugs. Accents, case and signs do not matter; the work of a call is bounded."""

    def exact(self, name: str) -> Match | None:
        """Return the drug of this name."""

    def begins(self, name: str) -> bool:
        """Whether a name is this one or begins with it as whole words."""

    def starting(self, prefix: str, most: int = 10) -> list[Match]:
        """Return the first names that begin so, in order."""

    def fuzzy(self, name: str) -> Match | None:
        """Return the only name that this one is taken for, by a character misread or one letter wrong."""


class DrugIndex:
    """DrugNames in memory."""

    def __init__(self, names: Texts, shown: Texts, ids: Texts, orders: Sequence[array[int]]) -> None:
        self._names, self._shown, self._ids = names, shown, ids
        self._by_start, self._by_end = orders

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str | None]]) -> DrugIndex:
        """Build from (name, catalog id). Of several ids of a name the first that is none of None is kept."""
        found: dict[str, tuple[str, str | None]] = {}
        for name, catalog_id in pairs:
            key = folded(name)
            if key and (key not in found or found[key][1] is None):
                found[key] = (found[key][0] if key in found else name, catalog_id)
        keys = sorted(found, key=str.encode)
        by_start = array("I", sorted(range(len(keys)), key=lambda place: (len(keys[place]), keys[place])))
        by_end = array("I", sorted(range(len(keys)), key=lambda place: (len(keys[place]), keys[place][::-1])))
        return cls(
            Texts(keys),
            Texts(found[key][0] for key in keys),
            Texts(found[key][1] or "" for key in keys),
            (by_start, by_end),
        )

    def __len__(self) -> int:
        return len(self._names)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        texts = self._names.size + self._shown.size + self._ids.size
        return texts + sum(order.itemsize * len(order) for order in (self._by_start, self._by_end))

    def exact(self, name: str) -> Match | None:
        """Return the drug of this name."""
        return self._found(folded(name), "exact")

    def begins(self, name: str) -> bool:
        """Whether a name is this one or begins with it as whole words."""
        key = folded(name)
        if not key:
            return False
        place = bisect_left(self._names, key)
        if place < len(self._names) and self._names[place] == key:
            return True
        place = bisect_left(self._names, key + " ")
        return place < len(self._names) and self._names[place].startswith(key + " ")

    def starting(self, prefix: str, most: int = 10) -> list[Match]:
        """Return the first names that begin so, in order."""
        key = folded(prefix)
        matches: list[Match] = []
        place = bisect_left(self._names, key)
        while key and place < len(self._names) and len(matches) < most and self._names[place].startswith(key):
            matches.append(self._match(place, "exact" if self._names[place] == key else "fuzzy"))
            place += 1
        return matches

    def fuzzy(self, name: str) -> Match | None:
        """Return the only name that this one is taken for, by a character misread or one letter wrong."""
        key = folded(name)
        if len(key) < SHORTEST_SLIP:
            return None
        slips = {place for one in unconfused(key) if (place := self._place(one)) is not None}
        if slips:
            return self._match(slips.pop(), "slip") if len(slips) == 1 else None
        places = self._alike(key)
        near = process.extract(
            key, {place: self._names[place] for place in places}, scorer=OSA.distance, score_cutoff=1, limit=2
        )
        if len(near) != 1:
            return None
        return self._match(near[0][2], "spelling" if same_but_ending(key, near[0][0]) else "fuzzy")

    def _place(self, key: str) -> int | None:
        place = bisect_left(self._names, key)
        return place if place < len(self._names) and self._names[place] == key else None

    def _found(self, key: str, kind: Kind) -> Match | None:
        place = self._place(key) if key else None
        return None if place is None else self._match(place, kind)

    def _match(self, place: int, kind: Kind) -> Match:
        return Match(self._shown[place], self._ids[place] or None, kind)

    def _alike(self, key: str) -> list[int]:
        """Names of nearly this length with its first or its last half: one slip is in one of the halves."""
        half, places = len(key) // 2, list[int]()
        for length in (len(key), len(key) - 1, len(key) + 1):
            places += self._run(self._by_start, lambda text: text, length, key[:half])
            places += self._run(self._by_end, lambda text: text[::-1], length, key[::-1][: len(key) - half - 1])
        return places[:MOST_CANDIDATES]

    def _run(self, order: array[int], turned: Callable[[str], str], length: int, start: str) -> list[int]:
        def rank(place: int) -> tuple[int, str]:
            return len(self._names[place]), turned(self._names[place])

        first = bisect_left(order, (length, start), key=rank)
        places: list[int] = []
        for place in order[first : first + MOST_CANDIDATES // 4]:
            if rank(place)[0] != length or not rank(place)[1].startswith(start):
                break
            places.append(place)
        return places
