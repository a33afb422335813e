"""Whether what has the form of a phrase can be one where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from medtime_backend.prescriptions.numerals import is_numeral
from medtime_backend.prescriptions.phrases import Phrase, read_phrase
from medtime_backend.prescriptions.tokens import Token

ARTICLES = frozenset(("an", "un", "una"))
NO_NUMBERS = frozenset(("a", "i"))
"""An article, and a stroke."""
ONCE = frozenset((("TIMEADV",), ("PER", "TIMEUNIT"), ("EVERY", "TIMEUNIT")))
"""What means once in a time without saying so."""
TELLING = frozenset(("frequency", "route", "when", "needed", "weekdays"))
"""What follows a number that is a dose."""


class Place(NamedTuple):
    """Where a phrase stands: all tokens, the phrases and drugs so far, and whether it is beside what was read."""

    tokens: Sequence[Token]
    phrases: Sequence[Phrase]
    drugs: dict[int, int]
    beside: bool

    def token(self, number: int) -> Token | None:
        """Return a token, or None outside of the text."""
        return self.tokens[number] if 0 <= number < len(self.tokens) else None

    def before(self, phrase: Phrase) -> Phrase | None:
        """Return the phrase that ends where this one begins."""
        return self.phrases[-1] if self.phrases and self.phrases[-1].end == phrase.start else None


def is_meant(phrase: Phrase, place: Place) -> bool:
    """Whether this is a phrase here: a word taken for another needs something read beside it."""
    if phrase.repaired and len(phrase.taken) == 1 and phrase.kind != "verb" and not (place.beside and place.phrases):
        return False
    check = CHECKS.get(phrase.kind)
    return check is None or check(phrase, place)


def _duration(phrase: Phrase, place: Place) -> bool:
    """Without 'for', only beside what was read, and not 'three days before'."""
    after = place.token(phrase.end)
    until = after is not None and (after.reads("BEFORE") or after.reads("AFTER"))
    return phrase.taken[0][1].terminal != "NUMBER" or (place.beside and not until)


def _dose(phrase: Phrase, place: Place) -> bool:
    """'For 3 doses' is how long, and 'x 30 tabs' how many there are."""
    before = place.token(phrase.start - 1)
    return before is None or not before.reads("FOR")


def _frequency(phrase: Phrase, place: Place) -> bool:
    """'/day' needs '2 tabs' right before it, and no 'times' that nobody counted; 'once' alone may begin 'once a …'.

    'Daily' after a number that was not read is no 'once a day': '1 tab 3 al día', '500 mg x 3 daily'.
    """
    last = place.token(phrase.start - 1)
    if last is not None and last.reads("TIMES") and place.before(phrase) is None:
        return False
    if tuple(reading.terminal for _, reading in phrase.taken) in ONCE and _has_count_before(phrase, place):
        return False
    if phrase.taken[0][0].word == "/":
        return place.before(phrase) is not None
    after = place.token(phrase.end)
    alone = len(phrase.taken) == 1 and phrase.taken[0][1].terminal == "COUNT"
    return not alone or after is None or not (after.reads("PER") or after.reads("EVERY"))


def _has_count_before(phrase: Phrase, place: Place) -> bool:
    """Whether there is a number right before it, or before a bracket or a letter, that nothing has read."""
    number = phrase.start - 1
    spans = (*(one.end for one in place.phrases[-1:]), *place.drugs.values())
    first = max((end for end in spans if end <= phrase.start), default=0)
    last = place.token(number)
    if last is not None and number > first and len(last.word) == 1 and not last.reads("NUMBER") and last.word != "\n":
        number -= 1
    if number < first:
        return False
    counts = [one.value for one in place.tokens[number].readings if one.terminal == "NUMBER"]
    # One a day is once a day, whatever is counted.
    return is_numeral(place.tokens, number) if not counts else "1" not in counts


def _refills(phrase: Phrase, place: Place) -> bool:
    """'20 rf 0': the number of refills is the one after the word."""
    after = place.token(phrase.end)
    return phrase.taken[0][1].terminal != "NUMBER" or after is None or not after.reads("NUMBER")


def _bare(phrase: Phrase, place: Place) -> bool:
    """A number alone is a dose between a verb, a name or the beginning and what tells how or when to take it."""
    before, after = place.before(phrase), place.token(phrase.end)
    word = phrase.taken[0][0].word
    if word in NO_NUMBERS or after is None or not place.beside:
        return False
    if phrase.end in place.drugs:
        return before is not None and before.kind == "verb"  # else it may number the lines
    if before is not None and before.kind == "verb" and not after.readings:
        return word not in ARTICLES
    following = read_phrase(place.tokens, phrase.end)
    if following is None or following.kind not in TELLING:
        return False
    if following.taken[0][1].terminal == "PER" and before is None:
        return phrase.start == 0
    return before is None or before.kind not in {"dose", "bare"}


def _measured(phrase: Phrase, place: Place) -> bool:
    """'15 mg/kg' and '110 mg/dL' are neither strength nor dose."""
    after = place.token(phrase.end)
    return after is None or not after.reads("SLASH")


def _when(phrase: Phrase, place: Place) -> bool:
    """'1:50 mL' is no time of day: a point was read as a colon."""
    after = place.token(phrase.end)
    clock = phrase.taken[-1][1].terminal == "CLOCK"
    return not clock or after is None or not (after.reads("UNIT") or after.reads("FORM"))


def _maximum(phrase: Phrase, place: Place) -> bool:
    """'No more than 5 days' is how long."""
    after = place.token(phrase.end)
    return phrase.value.unit is not None or after is None or not after.reads("TIMEUNIT")


def _weekdays(_: Phrase, place: Place) -> bool:
    """A day beside words that were not read may be one to leave out."""
    return place.beside


CHECKS = {
    "measured": _measured,
    "when": _when,
    "maximum": _maximum,
    "weekdays": _weekdays,
    "duration": _duration,
    "dose": _dose,
    "frequency": _frequency,
    "refills": _refills,
    "bare": _bare,
}
