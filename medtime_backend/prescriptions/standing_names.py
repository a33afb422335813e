"""What stands where only the name of a drug can stand, whether the catalog has it or not."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.naming import EXPANDED, MOST_WORDS, NOT_A_NAME_AFTER, Name, spelt
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.tokens import Token

MOST_UNKNOWN = 3
INFINITIVES = ("ar", "er", "ir", "arse", "erse", "irse")
NOT_A_NAME_WITH = NOT_A_NAME_AFTER - {"with", "con", "a", "per", "en", "in"}
"""Words of sentences that no name has."""
SHORTEST = 4
"""Letters of a name that the catalog does not have."""


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
