"""The parts of a word that lost its blanks: which terms make it up, and the tokens that it is cut into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from medtime_backend.prescriptions.tokens import Glued, Token
from medtime_backend.prescriptions.vocabulary import Key, Vocabulary

KINDS = frozenset((
    "FORM", "ROUTE", "UNIT", "VERB", "EVERY", "TIMEUNIT", "TIMEADV", "FREQ", "FOR", "TIMES", "PRN", "BEDTIME", "MEAL",
    "BEFORE", "WITH", "AFTER", "FASTING", "TIMEOFDAY", "ONCE", "REFILLS",
))  # fmt: skip


class Cover(NamedTuple):
    """Terms that make up the end of a word: how many are not clear, and whether others would do as well."""

    unclear: int
    parts: tuple[Key, ...]
    tied: bool

    @property
    def rank(self) -> tuple[int, int]:
        """The less, the better: fewer parts that are not clear, then fewer parts."""
        return self.unclear, len(self.parts)


def words(cover: Cover) -> tuple[str, ...]:
    """Return the words of its terms."""
    return tuple(word for key in cover.parts for word in key)


def tokens_of(token: Token, parts: Sequence[str]) -> Iterator[Token]:
    """The parts as tokens of their own, each with what was written and what it was taken for."""
    spans: list[str] = []
    start = 0
    for part in parts:
        spans.append(token.text[start : start + len(part)])
        start += len(part)
    glued = Glued(token.text, " ".join(spans))
    start = token.start
    for text, part in zip(spans, parts, strict=True):
        yield Token(text, start, start + len(text), part.lower(), (), glued=glued)
        start += len(text)


@lru_cache(maxsize=1)
def joined(vocabulary: Vocabulary) -> dict[str, Key]:
    """Terms of letters alone as they look without blanks; a term of one word goes before one of several."""
    found: dict[str, Key] = {}
    for key, readings in sorted(vocabulary.terms.items(), key=lambda one: len(one[0])):
        if all(word.isalpha() for word in key) and any(one.terminal in KINDS and not one.repaired for one in readings):
            found.setdefault("".join(key), key)
    return found
