"""Phrases: the grammar read from a token as far as it goes. What it needs of a token decides which meaning is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lark import Token as Terminal
from lark.exceptions import UnexpectedInput, VisitError
from lark.parsers.lalr_interactive_parser import InteractiveParser

from medtime_backend.prescriptions.grammar import KINDS, beginnings, parser
from medtime_backend.prescriptions.tokens import Reading, Token

MOST_TOKENS = 24
"""Of one phrase."""
MOST_TRIED = 64
"""Meanings tried for one phrase."""
MOST_SKIPPED = 2
"""Words without meaning ('the', the point of an abbreviation) one after the other within a phrase."""
Taken = tuple[tuple[Token, Reading], ...]
ALONE = frozenset(("verb", "route", "needed", "frequency"))
"""Phrases that may be a single repaired token."""


class Phrase(NamedTuple):
    """What was read: its kind, its meaning, from which token to which, and the readings that it took."""

    kind: str
    value: Any
    start: int
    end: int
    taken: Taken
    beside: bool = True
    """Whether what is before it was read too, or nothing is."""
    doubtful: bool = False
    """Whether a number of it may have been another one."""

    @property
    def repaired(self) -> bool:
        """Whether any of its tokens was taken for another."""
        return any(reading.repaired for _, reading in self.taken)

    @property
    def reworded(self) -> bool:
        """Whether a word of it, and not a number, was taken for another or cut from one."""
        return any(token.glued or (reading.repaired and reading.terminal != "NUMBER") for token, reading in self.taken)

    @property
    def unsure(self) -> bool:
        """Whether what it says has to be confirmed: a number of it is doubtful, or something of it was repaired."""
        return self.doubtful or self.repaired or self.reworded


def read_phrase(tokens: Sequence[Token], place: int) -> Phrase | None:
    """Return the longest phrase that begins with this token."""
    terminals = {one.terminal for one in tokens[place].readings}
    best: Phrase | None = None
    for kind in KINDS:
        if not terminals.isdisjoint(beginnings()[kind]):
            found = _read(kind, tokens, place)
            if found and (best is None or (found.end, not found.repaired) > (best.end, not best.repaired)):
                best = found
    return best


def _read(kind: str, tokens: Sequence[Token], place: int) -> Phrase | None:
    """Return the longest phrase of a kind, over all meanings of its tokens, as far as MOST_TRIED of them reach."""
    search = _Search(kind, tokens, place)
    search.go_on(parser().parse_interactive("", start=kind), place, (), 0)
    return search.best


class _Search:
    """Tries the meanings of one token after the other, those as written first."""

    def __init__(self, kind: str, tokens: Sequence[Token], place: int) -> None:
        self._kind, self._tokens, self._place = kind, tokens, place
        self._left = MOST_TRIED
        self.best: Phrase | None = None

    def go_on(self, state: InteractiveParser, number: int, taken: Taken, skipped: int) -> None:
        """Read on from a token."""
        if taken and "$END" in state.choices():
            self._complete(state, taken, number - skipped)
        if number == min(self._place + MOST_TOKENS, len(self._tokens)):
            return
        token, fed = self._tokens[number], False
        for reading in sorted(token.readings, key=lambda one: bool(one.repaired)):
            following = self._feed(state, reading)
            if following is not None:
                fed = True
                self.go_on(following, number + 1, (*taken, (token, reading)), 0)
        if not fed and taken and skipped < MOST_SKIPPED and _skippable(self._tokens, number):
            self.go_on(state, number + 1, taken, skipped + 1)

    def _feed(self, state: InteractiveParser, reading: Reading) -> InteractiveParser | None:
        if reading.terminal not in state.choices() or not self._left:
            return None
        self._left -= 1
        fed: InteractiveParser = state.copy(deepcopy_values=False)
        try:
            fed.feed_token(Terminal(reading.terminal, reading.value))
        except (UnexpectedInput, VisitError, ValueError):
            return None
        return fed

    def _complete(self, state: InteractiveParser, taken: Taken, end: int) -> None:
        """Keep the phrase that ends here if it is the longest and means something."""
        rank = (end, not any(reading.repaired for _, reading in taken))
        if self.best is not None and rank <= (self.best.end, not self.best.repaired):
            return
        if not rank[1] and len(taken) == 1 and self._kind not in ALONE:
            return
        try:
            value = state.copy(deepcopy_values=False).feed_eof()
        except (UnexpectedInput, VisitError, ValueError):
            return
        self.best = Phrase(self._kind, value, self._place, end, taken)


def _skippable(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.word == "\n":
        return True
    if token.word == ".":
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        return following is not None and not following.text[:1].isupper() and token.start == tokens[place - 1].end
    return token.reads("FILLER")
