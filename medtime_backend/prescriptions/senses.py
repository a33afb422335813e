"""Whether what has the form of a phrase can be one where it stands."""

from __future__ import annotations

from medtime_backend.prescriptions.phrases import Phrase, read_phrase
from medtime_backend.prescriptions.surroundings import Place

ARTICLES = frozenset(("an", "un", "una"))
NO_NUMBERS = frozenset(("a", "i"))
"""An article, and a stroke."""
ONCE = frozenset((("TIMEADV",), ("PER", "TIMEUNIT"), ("EVERY", "TIMEUNIT")))
"""What means once in a time without saying so."""
TELLING = frozenset(("frequency", "route", "when", "needed", "weekdays"))
"""What follows a number that is a dose."""


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
    """'For 3 doses' is how long, 'x 30 tabs' how many there are, and '8 oz of water' what it is taken with."""
    before = place.token(phrase.start - 1)
    return (before is None or not before.reads("FOR")) and not place.is_drink(phrase)


def _frequency(phrase: Phrase, place: Place) -> bool:
    """'/day' needs '2 tabs' right before it, and no 'times' that nobody counted; 'once' alone may begin 'once a …'.

    'Daily' after a number that was not read is no 'once a day': '1 tab 3 al día', '500 mg x 3 daily'.
    """
    last = place.token(phrase.start - 1)
    if last is not None and last.reads("TIMES") and place.before(phrase) is None:
        return False
    if tuple(reading.terminal for _, reading in phrase.taken) in ONCE and place.has_count_before(phrase):
        return False
    if phrase.taken[0][0].word == "/":
        return place.before(phrase) is not None
    after = place.token(phrase.end)
    alone = len(phrase.taken) == 1 and phrase.taken[0][1].terminal == "COUNT"
    return not alone or after is None or not (after.reads("PER") or after.reads("EVERY"))


def _refills(phrase: Phrase, place: Place) -> bool:
    """'20 rf 0': the number of refills is the one after the word."""
    after = place.token(phrase.end)
    return phrase.taken[0][1].terminal != "NUMBER" or after is None or not after.reads("NUMBER")


def _bare(phrase: Phrase, place: Place) -> bool:
    """A number alone is a dose between a verb, a name or the beginning and what tells how or when to take it.

    '1 tab/12hs' is every twelve hours.
    """
    before, after, last = place.before(phrase), place.token(phrase.end), place.token(phrase.start - 1)
    word = phrase.taken[0][0].word
    if word in NO_NUMBERS or after is None or not place.beside or (last is not None and last.word == "/"):
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
    """'15 mg/kg', '110 mg/dL' and '8 oz of water' are neither strength nor dose."""
    after = place.token(phrase.end)
    return (after is None or not after.reads("SLASH")) and not place.is_drink(phrase)


def _when(phrase: Phrase, place: Place) -> bool:
    """'1:50 mL' is no time of day: a point was read as a colon. 'hs' behind a number are hours."""
    if phrase.taken[0][0].word == "hs" and place.has_count_before(phrase):
        return False
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
