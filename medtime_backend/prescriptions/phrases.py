"""Phrases: the grammar read from a token as far as it goes. What it needs of a token decides which meaning is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lark import Lark
from lark import Token as Terminal
from lark.exceptions import UnexpectedInput, VisitError
from lark.lexer import Lexer
from lark.parsers.lalr_interactive_parser import InteractiveParser

from medtime_backend.prescriptions.meanings import Meanings
from medtime_backend.prescriptions.tokens import Reading, Token

GRAMMAR = Path(__file__).with_name("grammar.lark")
KINDS = (
    "schedule", "maximum", "refills", "quantity", "measured", "dose", "when", "frequency", "weekdays", "duration", "needed",
    "route", "place", "shape", "verb", "then", "stop", "directed", "also", "label", "bare",
)  # fmt: skip
"""The phrases; of two that go equally far the first is taken."""
MOST_TOKENS = 24
"""Of one phrase."""
MOST_SKIPPED = 2
"""Words without meaning ('the', the point of an abbreviation) one after the other within a phrase."""
ALONE = frozenset(("verb", "route", "needed", "frequency"))
"""Phrases that may be a single repaired token."""


class Phrase(NamedTuple):
    """What was read: its kind, its meaning, from which token to which, and the readings that it took."""

    kind: str
    value: Any
    start: int
    end: int
    taken: tuple[tuple[Token, Reading], ...]
    beside: bool = True
    """Whether what is before it was read too, or nothing is."""

    @property
    def repaired(self) -> bool:
        """Whether any of its tokens was taken for another."""
        return any(reading.repaired for _, reading in self.taken)


class _NoLexer(Lexer):
    """Tokens are made by lexer.py and fed one by one."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, *_: object) -> Iterator[Terminal]:
        return iter(())


@cache
def _parser() -> Lark:
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"), parser="lalr", lexer=_NoLexer, start=list(KINDS), transformer=Meanings()
    )


@cache
def _beginnings() -> dict[str, frozenset[str]]:
    return {kind: frozenset(_parser().parse_interactive("", start=kind).choices()) for kind in KINDS}


def read_phrase(tokens: Sequence[Token], place: int) -> Phrase | None:
    """Return the longest phrase that begins with this token."""
    terminals = {one.terminal for one in tokens[place].readings}
    best: Phrase | None = None
    for kind in KINDS:
        if not terminals.isdisjoint(_beginnings()[kind]):
            found = _read(kind, tokens, place)
            if found and (best is None or (found.end, not found.repaired) > (best.end, not best.repaired)):
                best = found
    return best


def _read(kind: str, tokens: Sequence[Token], place: int) -> Phrase | None:
    """Return the longest of what the meanings of the first token begin; of later tokens the first that fits is taken."""
    fitting = [one for one in tokens[place].readings if one.terminal in _beginnings()[kind]]
    found = [phrase for one in fitting if (phrase := _read_from(kind, one, tokens, place)) is not None]
    return max(found, key=lambda one: (one.end, not one.repaired), default=None)


def _read_from(kind: str, first: Reading, tokens: Sequence[Token], place: int) -> Phrase | None:
    parser = _parser().parse_interactive("", start=kind)
    taken: list[tuple[Token, Reading]] = []
    complete: list[tuple[int, int]] = []
    skipped = 0
    for number in range(place, min(place + MOST_TOKENS, len(tokens))):
        readings = (first,) if number == place else tokens[number].readings
        parser, reading = _feed(parser, readings)
        if reading is None:
            if not taken or not _skippable(tokens, number) or skipped == MOST_SKIPPED:
                break
            skipped += 1
            continue
        skipped = 0
        taken.append((tokens[number], reading))
        if "$END" in parser.choices():
            complete.append((len(taken), number + 1))
    for count, end in reversed(complete):
        phrase = _meaning(kind, taken[:count], place, end)
        if phrase and not (phrase.repaired and count == 1 and kind not in ALONE):
            return phrase
    return None


def _feed(parser: InteractiveParser, readings: Sequence[Reading]) -> tuple[InteractiveParser, Reading | None]:
    """Take the first meaning that the grammar can take here, those as written before repaired ones."""
    choices = parser.choices()
    for reading in sorted(readings, key=lambda one: bool(one.repaired)):
        if reading.terminal in choices:
            fed = parser.copy(deepcopy_values=False)
            try:
                fed.feed_token(Terminal(reading.terminal, reading.value))
            except (UnexpectedInput, VisitError, ValueError):
                continue
            return fed, reading
    return parser, None


def _skippable(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.word == "\n":
        return True
    if token.word == ".":
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        return following is not None and not following.text[:1].isupper() and token.start == tokens[place - 1].end
    return token.reads("FILLER")


def _meaning(kind: str, taken: Sequence[tuple[Token, Reading]], place: int, end: int) -> Phrase | None:
    parser = _parser().parse_interactive("", start=kind)
    try:
        for _, reading in taken:
            parser.feed_token(Terminal(reading.terminal, reading.value))
        value = parser.feed_eof()
    except (UnexpectedInput, VisitError, ValueError):
        return None
    return Phrase(kind, value, place, end, tuple(taken))
