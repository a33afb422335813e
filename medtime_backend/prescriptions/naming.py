"""Where in a line a drug of the catalog is named, with what belongs to its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from medtime_backend.prescriptions.drug_names import DrugNames, Match
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.tokens import Token

MOST_WORDS = 8
"""Words of a name."""
NOT_A_NAME_AFTER = frozenset((
    "with", "in", "into", "for", "without", "to", "con", "en", "para", "sin", "contra", "a", "per", "por", "from", "no",
))  # fmt: skip
LINKS = frozenset(("of", "de"))
JOINTS = frozenset(("/", "-", "+", "con", "y", "and", "with"))
EXPANDED = {"ac": "ácido"}


JOINT = re.compile(r"\w[/+-]\w|\s(?:/|\+|-|con|y|and|with)\s", re.IGNORECASE)


class Name(NamedTuple):
    """A drug in a line: its tokens, what it is called, and what the catalog has."""

    start: int
    end: int
    text: str
    match: Match | None


def is_combined(name: Name) -> bool:
    """Whether it names several substances: 'Hydrocodone-APAP', 'losartán + hidroclorotiazida'."""
    return JOINT.search(name.text) is not None


def known_names(tokens: Sequence[Token], names: DrugNames) -> list[Name]:
    """Return all names of the catalog, the longest at each place."""
    found: list[Name] = []
    place = 0
    while place < len(tokens):
        name = _known(tokens, place, names)
        if name is not None and _may_be(tokens, name):
            found.append(name)
            place = name.end
        else:
            place += 1
    return found


def _known(tokens: Sequence[Token], place: int, names: DrugNames) -> Name | None:
    best: Name | None = None
    if not tokens[place].word[:1].isalpha():
        return None
    for end in range(place + 1, min(place + MOST_WORDS, len(tokens)) + 1):
        if tokens[end - 1].word == "\n":
            break
        text = spelt(tokens[place:end])
        match = names.exact(text) if tokens[end - 1].word[-1:].isalnum() else None
        if match is not None:
            best = Name(place, end, text, match)
        if not names.begins(text):
            break
    return best


def _may_be(tokens: Sequence[Token], name: Name) -> bool:
    """A word that also means something else, or stands after 'with', 'in' or 'stop', is no drug to take."""
    before = tokens[name.start - 1] if name.start else None
    if before is not None and (before.word in NOT_A_NAME_AFTER or before.reads("STOP") or before.reads("NOT")):
        return False
    return name.end - name.start > 1 or not tokens[name.start].known


def with_rest(name: Name, tokens: Sequence[Token], phrases: Sequence[Phrase], names: DrugNames) -> Name:
    """Add the salts and further substances beside a known name, up to the next phrase or other sign."""
    name = _with_front(name, tokens, phrases, names)
    stop = min(
        (one.start for one in phrases if one.start >= name.end and one.kind not in {"also", "drug"}),
        default=len(tokens),
    )
    end, joined = name.end, False
    for number in range(name.end, min(stop, name.start + MOST_WORDS)):
        token = tokens[number]
        if token.word in JOINTS:
            joined = True
        elif token.word.isalpha() and (not token.known or joined) and token.word not in LINKS:
            end, joined = number + 1, False
        elif not (token.word == "." and tokens[number - 1].word in EXPANDED):
            break
    if end == name.end or end != stop:
        return name
    text = spelt(tokens[name.start : end])
    return Name(name.start, end, text, names.exact(text) or names.fuzzy(text))


def _with_front(name: Name, tokens: Sequence[Token], phrases: Sequence[Phrase], names: DrugNames) -> Name:
    """Add what is joined before it: 'Hydrocodone-APAP' is no APAP."""
    first = max((one.end for one in phrases if one.end <= name.start and one.kind != "also"), default=0)
    start = name.start
    while start - 2 >= first and tokens[start - 1].word in JOINTS and tokens[start - 2].word.isalpha():
        start -= 2
    if start == name.start:
        return name
    text = spelt(tokens[start : name.end])
    return Name(start, name.end, text, names.exact(text))


def spelt(tokens: Sequence[Token]) -> str:
    """The text of tokens, with abbreviated words of names in full: 'ác. clavulánico' is 'ácido clavulánico'."""
    text = ""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.word == "." and before is not None and before.word in EXPANDED:
            continue
        blank = before is not None and (
            token.start > before.end or (text and before.word == "." and token.word.isalpha())
        )
        text += (" " if blank else "") + EXPANDED.get(token.word, token.text)
    return text
