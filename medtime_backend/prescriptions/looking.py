"""A line or a block, looked at: tokens, names, phrases, and the medications that begin in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.lexer import Lexer
from medtime_backend.prescriptions.naming import LINKS, Name, known_names, with_rest
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.scanning import scan
from medtime_backend.prescriptions.standing_names import SHORTEST, name_at
from medtime_backend.prescriptions.tokens import Token

NUMBERED = re.compile(r"\(?\d{1,2}\s?(?:[).]-?(?!\d)|-(?=\s))\s*(?=\D)")
BULLET = re.compile(r"[-*•·▪●○◦►>]\s*(?=\w)")
TELLING = frozenset((
    "dose", "frequency", "measured", "schedule", "weekdays", "when", "needed", "quantity", "refills", "maximum",
    "duration", "route", "bare",
))  # fmt: skip
"""Phrases that say something of a medication."""
NEW = frozenset(("frequency", "schedule", "measured"))


@dataclass(frozen=True)
class Seen:
    """What was found. `begin` is the token after a number, bullet or label; `item` tells of the first two."""

    tokens: list[Token]
    names: list[Name]
    phrases: list[Phrase]
    begin: int
    item: bool
    label: str

    @property
    def telling(self) -> bool:
        """Whether it says anything of a medication."""
        return any(one.kind in TELLING for one in self.phrases)


def look(text: str, lexer: Lexer, names: DrugNames) -> Seen:
    """Read a text, once: most blocks are a line that was looked at before."""
    if text not in lexer.seen:
        lexer.seen[text] = _look(text, lexer, names)
    seen: Seen = lexer.seen[text]
    return seen


def _look(text: str, lexer: Lexer, names: DrugNames) -> Seen:
    tokens = lexer.read(text)
    known = known_names(tokens, names)
    phrases = scan(tokens, [(one.start, one.end) for one in known])
    return Seen(tokens, known, phrases, *_beginning(text, tokens))


def _beginning(text: str, tokens: Sequence[Token]) -> tuple[int, bool, str]:
    """Return where a line begins after its number, bullet and label; whether it had a number or bullet; the label."""
    match = NUMBERED.match(text) or BULLET.match(text)
    begin = 0
    while match and begin < len(tokens) and tokens[begin].start < match.end():
        begin += 1
    if begin == len(tokens):
        return begin, match is not None, ""
    token = tokens[begin]
    colon = begin + 1 < len(tokens) and tokens[begin + 1].word in {":", "."}
    label = next((one for one in ("SIG", "RX") if token.reads(one)), "")
    if not label or not (colon or token.word in {"rx", "rp"}):
        return begin, match is not None, ""
    return begin + (2 if colon else 1), match is not None, label


def medications(seen: Seen, names: DrugNames) -> list[Name]:
    """Return the names that are each a medication of its own, in order."""
    own = [with_rest(one, seen.tokens, seen.phrases, names) for one in seen.names]
    own = [one for number, one in enumerate(own) if not number or one.start >= own[number - 1].end]
    found = [one for one in own if one.start <= seen.begin or seen.telling][:1] or _standing_as_name(seen, names)
    for one in own if found else ():
        between = (phrase for phrase in seen.phrases if found[-1].end <= phrase.start < one.start)
        after = next((phrase for phrase in seen.phrases if phrase.start >= one.end), None)
        contains = after is not None and after.kind == "measured" and after.start == one.end
        if one.start >= found[-1].end and contains and any(phrase.kind in NEW for phrase in between):
            found.append(one)
    return found


def _standing_as_name(seen: Seen, names: DrugNames) -> list[Name]:
    """A name by its place: at the beginning, after a colon, or '1 tablet of …'."""
    linked = [
        one.end + 1
        for one in seen.phrases
        if one.kind in {"dose", "shape"} and one.end < len(seen.tokens) and seen.tokens[one.end].word in LINKS
    ]
    colons = [number + 1 for number, one in enumerate(seen.tokens) if one.word == ":" and number >= seen.begin]
    numbered = seen.begin < len(seen.tokens) and seen.tokens[seen.begin].reads("NUMBER")
    for place in (seen.begin + numbered, *linked, *colons):
        if place < len(seen.tokens):
            found = name_at(seen.tokens, place, seen.phrases, names, item=seen.item or seen.label == "RX")
            found = found or (_linked(seen, place) if place in linked else None)
            if found is not None:
                return [found]
    return []


def _linked(seen: Seen, place: int) -> Name | None:
    """'1 tablet of Benadryl BID': one unknown word between 'of' and a phrase or the end is the name."""
    word = seen.tokens[place]
    ends = next((one.start for one in seen.phrases if one.start > place), len(seen.tokens))
    if word.known or not word.word.isalpha() or len(word.word) < SHORTEST or ends != place + 1:
        return None
    return Name(place, place + 1, word.text, None)
