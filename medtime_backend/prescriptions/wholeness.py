"""Whether a number is read whole.

What is left of a number that lost its point, its stroke or a piece looks like a number: of '7 5 ml' '5 ml', of '1 /2
tab' '2 tab', of '2B mg' 2. A phrase that would take a part of such a number is not read at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from medtime_backend.prescriptions.numerals import (
    APART,
    COUNTING,
    PART_IF_SPACED,
    has_digits,
    is_numeral,
    is_padded,
    is_part_of_a_word,
    number_after,
    number_before,
)
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Dose
from medtime_backend.prescriptions.tokens import Reading, Token

BEFORE = APART | PART_IF_SPACED | frozenset(",.#-/+")
"""Signs that may touch a number before it."""
AFTER = APART | PART_IF_SPACED | frozenset(",.-/+")
BULLETS = frozenset("-*•▪●○◦►>")
LETTERS = frozenset(("l", "i", "o"))
"""What beside the point of a number is a digit of it."""
SPOONS = frozenset(("spoonful", "teaspoon", "tablespoon"))
SPOONFULS = frozenset((5, 10, 15))
"""mL."""
MANY = 100
"""More pieces than anybody takes, whatever digits follow."""
RANGING = ("TO", "OR")
MOST_BETWEEN = 4
"""Phrases that can lie between two numbers which only signs part: each has a sign at least."""


def is_whole(phrase: Phrase, tokens: Sequence[Token], phrases: Sequence[Phrase]) -> bool:
    """Whether nothing is left over of the numbers of a phrase; `phrases` are those before it."""
    last = phrase.end - 1
    if _is_left_over(tokens, phrase, phrases[-MOST_BETWEEN:]):
        return False
    goes_on = is_numeral(tokens, last) and (
        _touches_after(tokens, last) or _goes_on(tokens, phrase.end, bare=phrase.kind == "bare")
    )
    points = {sign.start for sign in tokens[phrase.start : phrase.end] if sign.word == "."}
    parted = any(_are_two(points, one, other) for one, other in pairwise(phrase.taken))
    return not goes_on and (not parted or counts_spoonfuls(phrase))


def _is_left_over(tokens: Sequence[Token], phrase: Phrase, phrases: Sequence[Phrase]) -> bool:
    """Whether the number that a phrase begins with is the end of another one that was not read."""
    start = phrase.start
    before = number_before(tokens, start) if is_numeral(tokens, start) else None
    if before is not None and not _is_read(before, phrases) and not _is_line_end(tokens, before, start):
        return before < start - 1 or not _counts_pieces_after_many(phrase, tokens[before])
    said = [one for one in phrases if one.kind != "also"]  # the e of '1e3' is no 'and'
    return has_digits(tokens[start]) and not _is_read(start - 1, said) and _touches_before(tokens, start)


def _counts_pieces_after_many(phrase: Phrase, before: Token) -> bool:
    """'Ibuprofeno 400 1 tab': nobody takes 400.1 or 4001 tablets, so these are two numbers."""
    terminals = [reading.terminal for _, reading in phrase.taken]
    pieces = phrase.kind == "dose" and terminals == ["NUMBER", "FORM"]
    return pieces and before.text.isdecimal() and int(before.text) >= MANY


def _is_line_end(tokens: Sequence[Token], first: int, last: int) -> bool:
    return any(token.word == "\n" for token in tokens[first:last])


def _is_read(place: int, phrases: Sequence[Phrase]) -> bool:
    return any(phrase.start <= place < phrase.end for phrase in phrases)


def _touches_before(tokens: Sequence[Token], place: int) -> bool:
    """Whether the number is the end of a longer thing: '·5', '<5'."""
    before = tokens[place - 1] if place else None
    if before is None or before.end < tokens[place].start:
        return False
    if before.word.isalpha():
        return is_part_of_a_word(before)
    begins_line = place == 1 or tokens[place - 2].word == "\n"
    return before.word not in BEFORE and not (begins_line and before.word in BULLETS)


def _touches_after(tokens: Sequence[Token], place: int) -> bool:
    """Whether the number is the beginning of a longer thing: '2B', '5²', '1'5'."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if after is None or after.start > tokens[place].end or after.word == "\n":
        return False
    if after.word.isalpha():
        return not after.known or (len(after.word) == 1 and after.word not in COUNTING)
    if after.word not in AFTER:
        return True
    beyond = tokens[place + 2] if place + 2 < len(tokens) else None
    if after.word in APART or beyond is None or beyond.start > after.end:
        return False
    return has_digits(beyond) or beyond.word in LETTERS


def _goes_on(tokens: Sequence[Token], place: int, *, bare: bool) -> bool:
    """Whether what follows a number is more of it: '2 000 mg', '1 '5 mg', '1..5'; or 'max 2 a 3', where 3 is most."""
    following = tokens[place : place + 2]
    if len(following) > 1 and any(following[0].reads(kind) for kind in RANGING) and has_digits(following[1]):
        return True
    after = number_after(tokens, place)
    if after is None:
        return False
    touching = all(one.end == other.start for one, other in pairwise(tokens[place - 1 : after + 1]))
    return touching or (bare and (after > place or not tokens[after].readings))


def _are_two(points: set[int], one: tuple[Token, Reading], other: tuple[Token, Reading]) -> bool:
    """Whether two tokens are no number and what it counts: '2 5 mL', '05 mg', '2Btablets', '1.l'."""
    (first, _), (second, reading) = one, other
    after_point = first.end in points and second.start == first.end + 1
    if after_point and (has_digits(first) or has_digits(second)) and LETTERS & {first.word, second.word}:
        return True
    if has_digits(first) and reading.repaired == "typo" and (first.end == second.start or after_point):
        return True
    if has_digits(first) and has_digits(second) and not second.text[0].isalpha():
        return True
    return is_padded(first) and second.reads("UNIT") and not second.reads("FORM")


def counts_spoonfuls(phrase: Phrase) -> bool:
    """'2 5 mL spoonfuls': what a spoonful holds is a fixed number; still it may be one of 2.5 mL."""
    dose = phrase.value
    if not isinstance(dose, Dose) or dose.each is None or dose.unit not in SPOONS:
        return False
    return dose.each.unit == "mL" and dose.each.amount in SPOONFULS and has_digits(phrase.taken[0][0])
