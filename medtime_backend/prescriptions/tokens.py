"""Tokens: pieces of a line, each with all that it may mean."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, NamedTuple

from medtime_backend.prescriptions.folding import unaccented

FRACTIONS = {"½": "0.5", "¼": "0.25", "¾": "0.75", "⅓": "0.333", "⅔": "0.667", "⅛": "0.125"}
SIGNS = {"-": ("DASH",), "/": ("SLASH", "PER"), ",": ("COMMA",), "#": ("HASH",), "(": ("OPEN",), ")": ("CLOSE",),
         "[": ("OPEN",), "]": ("CLOSE",), "+": ("PLUS", "AND"), ":": ("COLON",), "=": ("EQUALS", "COLON"),
         ".": ("DOT",), ";": ("SEMICOLON",), "{": ("BRACE",)}  # fmt: skip

PIECE = re.compile(
    r"""
    (?P<clock>(?<![0-9])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?![0-9]))
  | (?P<grouped>(?<![0-9.,])(?:[1-9][0-9]{0,2}(?:[ ][0-9]{3})+(?=\s*(?:u\.?i\.?|i\.?u\.?|u|unidades|units|ul)\b)
      | [1-9][0-9]{0,2}'[0-9]{3}[,.' ]?[0-9]{3}(?![0-9])
      | [1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,])))
  | (?P<fraction>(?<![0-9/.,])(?:[0-9]{1,2}|[0-9][ ])?[½¼¾⅓⅔⅛]
      | (?<![0-9/.,])(?:[0-9](?:[ -]|[ ]?[+&][ ]?))?[1-3]/[23468](?![0-9/.,]))
  | (?P<number>[0-9]{1,12}(?:[.,][0-9]{1,6})?|(?<![\w.,])[.,][0-9]{1,6}(?![0-9]))
  | (?P<initials>(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w) | [^\W\d_](?:\.[^\W\d_]){1,3}(?!\w)\.?)
  | (?P<word>[^\W\d_½¼¾⅓⅔⅛]+)
  | (?P<sign>\S|\n)
    """,
    re.VERBOSE | re.IGNORECASE,
)
THOUSAND = 3
"""Digits of a group of thousands."""
SEPARATED = re.compile(r"[,' ]")
ONE_GROUP = re.compile(r"[0-9]+,[0-9]{3}|[0-9]+ (?!000)[0-9]{3}")
"""1,250 is a thousand here and one elsewhere; of '2 500' the blank may part two numbers."""


class Reading(NamedTuple):
    """One meaning: a terminal of the grammar with its value; `repaired` tells what supports taking it so."""

    terminal: str
    value: str
    repaired: Literal["", "slip", "typo", "glue", "sign"] = ""


class Glued(NamedTuple):
    """A word that was cut: as written, and with blanks between its parts."""

    written: str
    taken: str


class Token(NamedTuple):
    """A piece of a line: as written, where it stands, the word by which terms are found, and its meanings."""

    text: str
    start: int
    end: int
    word: str
    readings: tuple[Reading, ...]
    doubtful: bool = False
    """Whether it is a number that may have been another: a fraction, .5, 1,250."""
    glued: Glued | None = None
    """The word of which it is a part."""

    def reads(self, terminal: str) -> bool:
        """Whether it may be this, as it is written."""
        return any(one.terminal == terminal and not one.repaired for one in self.readings)

    @property
    def known(self) -> bool:
        """Whether it means anything as it is written."""
        return any(not one.repaired for one in self.readings)


def cut(line: str) -> list[Token]:
    """Cut a line into numbers, words and signs; words have no meanings yet."""
    return [_token(match) for match in PIECE.finditer(line)]


def _token(match: re.Match[str]) -> Token:
    text, start, end = match[0], match.start(), match.end()
    kind = match.lastgroup
    if kind == "clock":
        return Token(text, start, end, text, (Reading("CLOCK", text.zfill(5)),))
    if kind == "grouped":
        value = Reading("NUMBER", SEPARATED.sub("", text))
        return Token(text, start, end, text, (value,), doubtful=ONE_GROUP.fullmatch(text) is not None)
    if kind == "fraction":
        return Token(text, start, end, text.replace(" ", ""), (Reading("NUMBER", _fraction(text)),), doubtful=True)
    if kind == "number":
        number = plain_number(text)
        readings = (Reading("NUMBER", number),) if number else ()
        return Token(text, start, end, text, readings, doubtful=not text[0].isdigit())
    if kind == "sign":
        return Token(text, start, end, text, tuple(Reading(one, text) for one in SIGNS.get(text, ())))
    word = unaccented(text).replace(".", "") if kind == "initials" else unaccented(text)
    return Token(text, start, end, word, ())


def plain_number(text: str) -> str:
    """A plain decimal, or nothing for 1.500, which is one and a half here and more than a thousand there.

    Nor for 005, 0125 and 00.5, which have lost a point or gained a nought.
    """
    plain = text.replace(",", ".")
    whole, point, places = plain.partition(".")
    if len(places) == THOUSAND and whole.strip("0"):
        return ""
    if whole.startswith("0") and len(whole) > (1 if point else 2):
        return ""
    return ("0" if not whole else "") + plain


def _fraction(text: str) -> str:
    for sign, value in FRACTIONS.items():
        if sign in text:
            return str(int(text.replace(sign, "").strip() or 0) + Decimal(value))
    whole, _, rest = re.sub(r"[-+& ]+", " ", text).rpartition(" ")
    above, _, below = rest.partition("/")
    return str(int(whole or 0) + (Decimal(above) / Decimal(below)).quantize(Decimal("0.001")).normalize())
