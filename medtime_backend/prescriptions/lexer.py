"""Lines → tokens with all their meanings: terms by the longest match, numbers, slips, words run together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import Any

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.glue import Glue
from medtime_backend.prescriptions.slips import misread_numbers, misread_signs, run_together
from medtime_backend.prescriptions.tokens import Reading, Token, cut
from medtime_backend.prescriptions.vocabulary import key_of, vocabulary

LONGEST_TERM = 8
AFTER_U = re.compile(r"ocho|once|ochenta|11|8[0-9]?")
NO_NUMBERS = frozenset(("a", "an", "i"))
"""Words that say 1 and other things: '1 a 2' is a range."""


class Lexer:
    """Reads lines; remembers what it found out about unknown words, for one prescription."""

    def __init__(self, drugs: DrugNames) -> None:
        self._vocabulary = vocabulary()
        self._glue = Glue(self._vocabulary, drugs)
        self._misspelt: dict[str, tuple[Reading, ...]] = {}
        self.seen: dict[str, Any] = {}

    def read(self, line: str) -> list[Token]:
        """Return the tokens of a line."""
        numbered = misread_numbers(cut(line))
        pieces = misread_signs(self._glue.cut(run_together(numbered, self._vocabulary)))
        tokens: list[Token] = []
        place = 0
        while place < len(pieces):
            count, readings = self._term(pieces, place, more=bool(tokens) and _may_be_more(tokens))
            if count:
                first, last = pieces[place], pieces[place + count - 1]
                own = first.readings if count == 1 else ()
                text = line[first.start : last.end]
                words = " ".join(key_of(pieces[place : place + count]))
                glued = next((one.glued for one in pieces[place : place + count] if one.glued), None)
                doubtful = any(one.doubtful for one in pieces[place : place + count])
                tokens.append(Token(text, first.start, last.end, words, (*own, *readings), doubtful, glued))
            else:
                tokens.append(self._unknown(pieces[place]))
            place += count or 1
        return _said_twice(_with_units(tokens))

    def _term(self, pieces: Sequence[Token], place: int, *, more: bool) -> tuple[int, tuple[Reading, ...]]:
        """Return the longest term from here; points of abbreviations inside of it are passed over.

        Whether a half can be more of what is before it, `more` tells: '2 tab am y media pm' are two doses.
        """
        reach = [
            number
            for number in range(place, min(place + LONGEST_TERM, len(pieces)))
            if number == place or pieces[number].word != "."
        ]
        words = [pieces[number].word for number in reach]
        count, readings = self._vocabulary.match(words)
        if not more and any(one.terminal == "HALFMORE" for one in readings):
            count, readings = self._vocabulary.match(words[:1])
        parts = [pieces[number] for number in reach[:count]]
        if any(one.repaired for one in readings) and any(one.text[0].isdigit() for one in parts) and _is_spaced(parts):
            count, readings = self._vocabulary.match(words[:1])  # 'U1' may be IU, but 'U 1' are two things
        return (reach[count - 1] - place + 1 if count else 0), readings

    def _unknown(self, token: Token) -> Token:
        if token.readings or not token.word.isalpha():
            return token
        if token.word not in self._misspelt:
            self._misspelt[token.word] = self._vocabulary.misspelt(token.word)
        return token._replace(readings=self._misspelt[token.word])


def _may_be_more(tokens: Sequence[Token]) -> bool:
    last = tokens[-2] if tokens[-1].word == "." and len(tokens) > 1 else tokens[-1]
    return last.reads("NUMBER") or last.reads("FORM") or any(one.terminal == "NUMBER" for one in last.readings)


def _with_units(tokens: list[Token]) -> list[Token]:
    """'10 U 1 tab': the Spanish u is an 'or' before 8 and 11 only, which begin with an o; there it may be units too."""
    found: list[Token] = []
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.word != "u":
            found.append(token)
        elif after is not None and AFTER_U.fullmatch(after.word):
            found.append(token._replace(doubtful=True))
        else:
            found.append(token._replace(readings=tuple(one for one in token.readings if one.terminal != "OR")))
    return found


def _is_spaced(parts: Sequence[Token]) -> bool:
    return any(one.end < other.start for one, other in pairwise(parts))


def _said_twice(tokens: list[Token]) -> list[Token]:
    """A number in digits and again in words, '1 (one)' or '2 two times', is one."""
    said: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        brackets = place + 3 < len(tokens) and tokens[place + 1].reads("OPEN") and tokens[place + 3].reads("CLOSE")
        other = place + (2 if brackets else 1)
        if other < len(tokens) and _same_number(token, tokens[other]):
            last = tokens[place + 3] if brackets else tokens[other]
            both = f"{token.text} {tokens[other].text}"
            said.append(tokens[other]._replace(start=token.start, end=last.end, text=both, doubtful=False))
            place += 4 if brackets else 2
        else:
            said.append(token)
            place += 1
    return said


def _same_number(first: Token, second: Token) -> bool:
    if first.text[:1].isdigit() == second.text[:1].isdigit() or {first.word, second.word} & NO_NUMBERS:
        return False
    values = {one.value for one in first.readings if one.terminal == "NUMBER" and not one.repaired}
    said = [one.value for one in second.readings if one.terminal in {"NUMBER", "COUNT"} and not one.repaired]
    return any(one in values for one in said)
