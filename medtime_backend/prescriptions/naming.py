"""Where in a line a drug is named: a name of the catalog, or what stands where a name must stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from medtime_backend.prescriptions.drug_names import DrugNames, Match
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.tokens import Token

MOST_WORDS = 8
"""Words of a name."""
SHORTEST = 4
"""Letters of a name that the catalog does not have."""
MOST_UNKNOWN = 3
INFINITIVES = ("ar", "er", "ir", "arse", "erse", "irse")
NOT_A_NAME_AFTER = frozenset((
    "with", "in", "into", "for", "without", "to", "con", "en", "para", "sin", "contra", "a", "per", "por", "from", "no",
))  # fmt: skip
NOT_A_NAME_WITH = NOT_A_NAME_AFTER - {"with", "con", "a", "per", "en", "in"}
"""Words of sentences that no name has."""
LINKS = frozenset(("of", "de"))
JOINTS = frozenset(("/", "-", "+", "con", "y", "and", "with"))
EXPANDED = {"ac": "ácido"}
CONTAINED = frozenset(("measured", "schedule", "shape"))
"""Phrases that follow a name and nothing else that begins a line."""


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


def name_at(
    tokens: Sequence[Token], place: int, phrases: Sequence[Phrase], names: DrugNames, *, item: bool
) -> Name | None:
    """Return what stands as a name from this token to the first phrase, when that phrase says what it contains.

    In a numbered `item`, a form is enough. A name that the catalog lacks is given as written; one that is only a letter
    or a misread character away from a single one of the catalog is given with that match.
    """
    follows = next((one for one in phrases if one.start >= place and one.kind not in {"also", "drug"}), None)
    end = _end_of_name(tokens, place, len(tokens) if follows is None else follows.start)
    words = [one for one in tokens[place:end] if one.word.isalpha()]
    unknown = [one for one in words if not one.known]
    if not words or not unknown or words[0].word in NOT_A_NAME_AFTER or len(words) > MOST_WORDS:
        return None
    if any(one.word in NOT_A_NAME_WITH for one in words):
        return None
    text = spelt(tokens[place:end])
    match = names.exact(text) or names.fuzzy(text)
    if match is not None and (follows is None or end == follows.start):
        return Name(place, end, text, match)
    if follows is None or end != follows.start:
        return None
    telling = _past_form_and_route(tokens, follows, phrases)
    if not _contains(telling, item=item) and not _is_dosed(words, unknown, telling, phrases):
        return None
    return Name(place, end, text, None) if len(max((one.word for one in unknown), key=len)) >= SHORTEST else None


def _past_form_and_route(tokens: Sequence[Token], phrase: Phrase, phrases: Sequence[Phrase]) -> Phrase:
    """Of 'Gentamicina oftálmica 1 gota' the dose tells that it is a name, and of 'amp. 10 mg' the strength."""
    if phrase.kind not in {"shape", "route"}:
        return phrase
    following = next((one for one in phrases if one.start >= phrase.end), phrase)
    return following if _adjacent(tokens, phrase.end, following.start) else phrase


def _is_dosed(words: Sequence[Token], unknown: Sequence[Token], follows: Phrase, phrases: Sequence[Phrase]) -> bool:
    """'Lactulosa 15 mL VO c/8 h': a capital word, no verb, before a dose in a line that says how often."""
    first = words[0]
    named = (
        first is unknown[0] and first.text[:1].isupper() and len(first.word) > SHORTEST and len(words) <= MOST_UNKNOWN
    )
    often = any(one.kind in {"frequency", "schedule", "weekdays"} for one in phrases)
    return named and often and follows.kind in {"dose", "measured"} and not first.word.endswith(INFINITIVES)


def _adjacent(tokens: Sequence[Token], start: int, end: int) -> bool:
    return all(one.word in {".", ",", "\n"} for one in tokens[start:end])


def _contains(phrase: Phrase, *, item: bool) -> bool:
    if phrase.kind == "measured":
        strength, _ = phrase.value
        return item or strength.per is not None or strength.values[0].unit not in {"mL", "L", "oz"}
    return phrase.kind == "schedule" or (phrase.kind == "shape" and item)


def _end_of_name(tokens: Sequence[Token], place: int, end: int) -> int:
    for number in range(place, end):
        token = tokens[number]
        if token.word in {"\n", ":", ";", ","} or (token.word == "." and tokens[number - 1].word not in EXPANDED):
            return number
    return end


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
