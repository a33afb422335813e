"""Slips of recognition in numbers and signs, and words that lost the blank between them.

Each gives another meaning, never another text: the grammar takes it only where it needs just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medtime_backend.prescriptions.tokens import Reading, Token, plain_number
from medtime_backend.prescriptions.vocabulary import Vocabulary

DIGITS = str.maketrans("oOlI|", "00111")
LETTERS_AS_DIGITS = re.compile(r"[oOlI]+")
GLUED = frozenset(("FREQ", "FOR", "TIMES", "TIMEUNIT", "TIMEADV", "PRN", "BEDTIME", "MEAL", "INSTR"))
"""Kinds that are found without a blank between them: bidx30days, dailyprn."""
SHORTEST_GLUED = 2
LABEL = "instr"
"""The label that pharmacy systems put before free instructions, without a blank on either side."""


def misread_numbers(pieces: Sequence[Token]) -> list[Token]:
    """Join digits with letters that look like digits: 5O0, l2, 1O; a lone l or I may be 1."""
    joined: list[Token] = []
    place = 0
    while place < len(pieces):
        end = place
        while end < len(pieces) and (end == place or pieces[end].start == pieces[end - 1].end) and _digits(pieces[end]):
            end += 1
        run = pieces[place:end]
        text = "".join(one.text for one in run)
        if len(run) > 1 and not text.isdigit() and _is_number(run):
            value = text.translate(DIGITS)
            readings = (Reading("NUMBER", value, "slip"),) if plain_number(value) else ()
            joined.append(Token(text, run[0].start, run[-1].end, value, readings))
        elif run:
            joined += [_one(token) for token in run]
        else:
            joined.append(pieces[place])
        place = max(end, place + 1)
    return _split_units(joined)


def _digits(token: Token) -> bool:
    return (token.text.isascii() and token.text.isdigit()) or LETTERS_AS_DIGITS.fullmatch(token.text) is not None


def _is_number(run: Sequence[Token]) -> bool:
    """More than a digit with an l: that may be litres."""
    text = "".join(one.text for one in run)
    return any(sign.isdigit() for sign in text) and not re.fullmatch(r"\d+[lL]", text)


def _one(token: Token) -> Token:
    if token.text in {"l", "I"}:
        return token._replace(readings=(*token.readings, Reading("NUMBER", "1", "slip")))
    return token


def _split_units(pieces: Sequence[Token]) -> list[Token]:
    """5Omg: the O belongs to the number, where a word of just that sign and a unit follows a digit."""
    split: list[Token] = []
    for token in pieces:
        before = split[-1] if split else None
        match = re.fullmatch(r"([oO]{1,3})(mg|mcg|ml|g|ui)", token.text, re.IGNORECASE)
        if match and before and before.text.isdigit() and before.end == token.start:
            value, middle = before.text + "0" * len(match[1]), token.start + len(match[1])
            readings = (Reading("NUMBER", value, "slip"),) if plain_number(value) else ()
            split[-1] = Token(before.text + match[1], before.start, middle, value, readings)
            split.append(Token(match[2], middle, token.end, match[2].lower(), ()))
        else:
            split.append(token)
    return split


def misread_signs(pieces: Sequence[Token]) -> list[Token]:
    """A '{' may be ½, and a '|' 1."""
    signs = {"{": "0.5", "|": "1"}
    return [
        token._replace(readings=(*token.readings, Reading("NUMBER", signs[token.text], "sign")), doubtful=True)
        if token.text in signs
        else token
        for token in pieces
    ]


def run_together(pieces: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    """Cut words like 'bidx', 'daysprn' and 'dailyinstrdo' into their parts.

    All but the last are known; the last is too, or begins a term, or two are known before it, or a number is.
    """
    cut: list[Token] = []
    for token in pieces:
        if not token.word.isalpha() or (token.word,) in vocabulary.terms or len(token.word) <= SHORTEST_GLUED:
            cut.append(token)
            continue
        parts = list(_parts(token.word, vocabulary))
        beside = bool(token.start and cut and cut[-1].end == token.start and cut[-1].text[:1].isdigit())
        if len(parts) == 1 or not (parts[-1] in vocabulary.longest or len(parts) > 2 or beside):  # noqa: PLR2004 - two known
            cut.append(token)
            continue
        start = token.start
        for part in parts:
            text = token.text[start - token.start : start - token.start + len(part)]
            cut.append(Token(text, start, start + len(part), part, ()))
            start += len(part)
    return cut


def _parts(word: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Known abbreviations from the left, the longest first, then what is left up to a label within it."""
    while word:
        for length in range(len(word) - 1, SHORTEST_GLUED - 1, -1):
            readings = vocabulary.terms.get((word[:length],), ())
            if any(one.terminal in GLUED and not one.repaired for one in readings):
                yield word[:length]
                word = word[length:]
                break
        else:
            before, label, after = word.partition(LABEL)
            yield from (part for part in (before, label, after) if part)
            return
