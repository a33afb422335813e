"""Numbers in digits and what is beside them: which tokens are numbers, and which two may be one that was parted."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.tokens import Token

APART = frozenset("([¿¡\n")
"""Signs that part two numbers."""
PART_IF_SPACED = frozenset(':;"«»“”)]=')
"""Signs that part two numbers where a blank stands beside them."""
LOOKALIKES = frozenset(("l", "i", "|", "{"))
"""What is written alone for 1 and ½."""
COUNTING = frozenset(("x", "c", "q"))
"""Letters that are written right before a number and are no part of it."""
SHORT = 3
"""Letters of a word that is more likely a part of what touches it than a name: B12."""
PER_CENT = 100


def has_digits(token: Token) -> bool:
    """Whether any sign of it is a number, a fraction or a small one too."""
    return any(sign.isnumeric() for sign in token.text)


def is_numeral(tokens: Sequence[Token], place: int) -> bool:
    """Whether this is a number in digits, or a sign that is taken for one; not a clock's hour, nor the 12 of B12."""
    token = tokens[place]
    if token.reads("CLOCK") or not (has_digits(token) or token.word in LOOKALIKES or _is_nought(tokens, place)):
        return False
    before = tokens[place - 1] if place else None
    return before is None or before.end < token.start or not is_part_of_a_word(before)


def _is_nought(tokens: Sequence[Token], place: int) -> bool:
    """Whether an O before a point is a 0: 'O.5'."""
    if tokens[place].word != "o" or place + 2 >= len(tokens):
        return False
    point, after = tokens[place + 1 : place + 3]
    touching = tokens[place].end == point.start and point.end == after.start
    return touching and point.word in {".", ","} and has_digits(after)


def is_part_of_a_word(before: Token) -> bool:
    """Whether a number that touches this word is more likely a part of it: B12, S5."""
    if not before.word.isalpha():
        return False
    if len(before.word) == 1:
        return before.word not in COUNTING
    return len(before.word) <= SHORT and not before.known


def number_before(tokens: Sequence[Token], place: int) -> int | None:
    """Return the number before this one that nothing parts from it but blanks, signs and 'to'."""
    number, ranged = place - 1, False
    while number >= 0 and not is_numeral(tokens, number):
        if not _joins(tokens, number) and (ranged or not _is_range_word(tokens, number, place)):
            break
        ranged |= tokens[number].word.isalpha()
        number -= 1
    if number < 0 or not (is_numeral(tokens, number) or (ranged and tokens[number].reads("NUMBER"))):
        return None
    return None if _is_mixture(tokens, number) else number


def number_after(tokens: Sequence[Token], place: int) -> int | None:
    """Return the number from here on that nothing but blanks and signs, within the line, parts from the one before."""
    while place < len(tokens) - 1 and tokens[place].word != "\n" and _joins(tokens, place):
        place += 1
    return place if place < len(tokens) and is_numeral(tokens, place) else None


def _joins(tokens: Sequence[Token], place: int) -> bool:
    sign = tokens[place].word
    if len(sign) != 1 or sign.isalnum() or sign in APART - {"\n"} or tokens[place].reads("UNIT"):
        return False
    if sign not in PART_IF_SPACED:
        return not has_digits(tokens[place])
    before, after = tokens[place - 1] if place else None, tokens[place + 1]
    return before is not None and before.end == tokens[place].start and tokens[place].end == after.start


def _is_range_word(tokens: Sequence[Token], place: int, number: int) -> bool:
    """'2 a' before '1 tab', and 'and' before a fraction."""
    token = tokens[place]
    fraction = not tokens[number].text.isdecimal()
    ranging = token.reads("TO") or token.reads("OR") or (token.reads("AND") and fraction)
    return ranging and token.word.isalpha()


def _is_mixture(tokens: Sequence[Token], place: int) -> bool:
    """'Humulin 70/30' names an insulin by its parts of a hundred."""
    if place < 2 or tokens[place - 1].word != "/":  # noqa: PLR2004 - a number and the sign
        return False
    texts = tokens[place - 2].text, tokens[place].text
    return all(text.isdecimal() for text in texts) and sum(map(int, texts)) == PER_CENT


def is_padded(token: Token) -> bool:
    """'05' may be 0.5."""
    return token.word[:1] == "0" and token.word[1:2].isdigit()
