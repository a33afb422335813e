"""The words of both languages: which term means what. Read once from terms/, then never changed."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from medtime_backend.prescriptions.tokens import Reading, Token, cut

TERMS = Path(__file__).with_name("terms")
LANGUAGES = ("en", "es")
MISSPELT = frozenset((
    "VERB", "FORM", "TIMES", "TIMEUNIT", "MEAL", "TIMEOFDAY", "TIMEADV", "EVERY", "DAYNAME", "ROUTE", "BEFORE", "AFTER",
    "BEDTIME",
))  # fmt: skip
"""Kinds of which a word may be spelt wrong: none that is a number, a unit or an abbreviation."""
SHORTEST_TYPO = 5
"""Letters of a term that may have one letter wrong; in shorter ones two may only have changed places."""
TRANSPOSED = 3
Key = tuple[str, ...]


class Vocabulary:
    """Terms by their words."""

    def __init__(self, terms: Mapping[Key, Sequence[Reading]]) -> None:
        self.terms = {key: tuple(readings) for key, readings in terms.items()}
        self.longest: dict[str, int] = {}
        for key in self.terms:
            self.longest[key[0]] = max(len(key), self.longest.get(key[0], 0))
        self._spelt = sorted({
            key[0]
            for key, readings in self.terms.items()
            if len(key) == 1 and len(key[0]) >= TRANSPOSED and any(_misspelt(one) for one in readings)
        })  # fmt: skip

    def match(self, words: Sequence[str]) -> tuple[int, tuple[Reading, ...]]:
        """Return the longest term at the beginning of these words: how many, and what it may mean."""
        most = min(self.longest.get(words[0], 0), len(words))
        for length in range(most, 0, -1):
            readings = self.terms.get(tuple(words[:length]))
            if readings:
                return length, readings
        return 0, ()

    def misspelt(self, word: str) -> tuple[Reading, ...]:
        """Return what a word may mean that is one letter wrong; nothing when it could be two different things."""
        if len(word) < TRANSPOSED:
            return ()
        near = process.extract(word, self._spelt, scorer=OSA.distance, score_cutoff=1, limit=6)
        found: dict[tuple[str, str], None] = {}
        for term, _, _ in near:
            if len(term) >= SHORTEST_TYPO or sorted(term) == sorted(word):
                found |= {one[:2]: None for one in self.terms[term,] if _misspelt(one)}
        kinds = [kind for kind, _ in found]
        return () if len(kinds) != len(set(kinds)) else tuple(Reading(*one, repaired="typo") for one in found)


def _misspelt(reading: Reading) -> bool:
    return reading.terminal in MISSPELT and not reading.repaired


@cache
def vocabulary() -> Vocabulary:
    """Return the shipped vocabulary."""
    terms: defaultdict[Key, list[Reading]] = defaultdict(list)
    for language in LANGUAGES:
        for kind, meaning, text in _written(language):
            _add(terms, text, Reading(kind, meaning))
    for language in LANGUAGES:
        for kind, meaning, text in _written(language):
            if (lost := _without_accented(text)) != text:
                _add(terms, lost, Reading(kind, meaning, "slip"))
    for kind, meaning, text in _written("slips"):
        _add(terms, text, Reading(kind, meaning, "slip"))
    return Vocabulary(terms)


def _written(name: str) -> Iterator[tuple[str, str, str]]:
    for kind, meanings in tomllib.loads((TERMS / f"{name}.toml").read_text(encoding="utf-8")).items():
        for meaning, texts in meanings.items():
            for text in texts:
                yield kind, meaning, text


def _add(terms: defaultdict[Key, list[Reading]], text: str, reading: Reading) -> None:
    key = key_of(cut(text))
    if key and reading not in terms[key]:
        terms[key].append(reading)


def key_of(tokens: Sequence[Token]) -> Key:
    """Return the words of tokens, without the points of abbreviations."""
    return tuple(one.word for one in tokens if one.word != ".")


def _without_accented(text: str) -> str:
    """The text as it arrives where accented letters are lost: 'va' for 'vía'."""
    return "".join(sign for sign in text if not unicodedata.decomposition(sign) or sign == "µ")
