"""Whether a number that is whole may have been another one: what it says is marked, for a person to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from medtime_backend.prescriptions.numerals import has_digits, is_numeral, is_padded, number_after, number_before
from medtime_backend.prescriptions.phrases import Phrase, Taken
from medtime_backend.prescriptions.tokens import Token
from medtime_backend.prescriptions.wholeness import counts_spoonfuls

UNIT_LETTERS = frozenset(("u", "iu"))
"""A U is read as 0 and an I as 1, and the other way round, where they touch the number."""
STROKES = frozenset(("ii", "iii"))
"""Two and three, or eleven."""


def is_doubtful(phrase: Phrase, tokens: Sequence[Token]) -> bool:
    """Whether a number of a phrase may have been another one. Asked of phrases that are whole."""
    last = phrase.end - 1
    return (
        any(token.doubtful or token.word in STROKES for token, _ in phrase.taken)
        or (is_numeral(tokens, phrase.start) and _is_unsure_before(tokens, phrase.start))
        or (is_numeral(tokens, last) and number_after(tokens, last + 1) is not None)
        or any(_is_beside_point(tokens, place) for place in range(phrase.start, last))
        or _has_unsure_unit(phrase.taken)
        or counts_spoonfuls(phrase)
        or (phrase.kind == "bare" and last + 1 < len(tokens) and not tokens[last + 1].known)
        or (phrase.kind in {"dose", "bare", "schedule"} and any(is_padded(token) for token, _ in phrase.taken))
    )


def _is_unsure_before(tokens: Sequence[Token], place: int) -> bool:
    """Whether another number stands before it, which was read or ended a line, or a point touches it: 'tab.5 mg'."""
    before = tokens[place - 1] if place else None
    if before is not None and before.end == tokens[place].start and before.word in {".", ","}:
        return True
    return number_before(tokens, place) is not None


def _is_beside_point(tokens: Sequence[Token], place: int) -> bool:
    """'5. mL': a digit may be lost after the point. 'q.5h' may be every half hour."""
    one, other = tokens[place], tokens[place + 1]
    return (has_digits(one) and other.word == ".") or (one.word == "." and one.end == other.start and has_digits(other))


def _has_unsure_unit(taken: Taken) -> bool:
    """'10U' may be 100, '1 l' 11."""
    return any(
        has_digits(one) and (other.text == "l" or (other.word in UNIT_LETTERS and one.end == other.start))
        for (one, _), (other, _) in pairwise(taken)
    )
