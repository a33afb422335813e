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
    (?P<clock>(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?!\d))
  | (?P<grouped>\d{1,3}(?:[ ]\d{3})+(?=\s*(?:u\.?i\.?|i\.?u\.?|u|unidades|units|ul)\b)
      | \d{1,3}'\d{3}[,.' ]?\d{3}(?!\d) | \d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]))
  | (?P<fraction>(?:\d{1,3}[ ]?)?[½¼¾⅓⅔⅛] | (?<![\d/.,])(?:\d{1,2}[ -])?[1-3]/[23468](?![\d/.,]))
  | (?P<number>\d{1,12}(?:[.,]\d{1,6})?|(?<![\w.,])[.,]\d{1,6}(?!\d))
  | (?P<initials>(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w) | [^\W\d_](?:\.[^\W\d_]){1,3}(?!\w)\.?)
  | (?P<word>[^\W\d_½¼¾⅓⅔⅛]+)
  | (?P<sign>\S|\n)
    """,
    re.VERBOSE | re.IGNORECASE,
)
SEPARATED = re.compile(r"[,' ]")


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
    fraction: bool = False
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
        return Token(text, start, end, text, (Reading("NUMBER", SEPARATED.sub("", text)),))
    if kind == "fraction":
        return Token(text, start, end, text.replace(" ", ""), (Reading("NUMBER", _fraction(text)),), fraction=True)
    if kind == "number":
        value = _number(text)
        return Token(text, start, end, text, (Reading("NUMBER", value),) if value else ())
    if kind == "sign":
        return Token(text, start, end, text, tuple(Reading(one, text) for one in SIGNS.get(text, ())))
    word = unaccented(text).replace(".", "") if kind == "initials" else unaccented(text)
    return Token(text, start, end, word, ())


def _number(text: str) -> str:
    """A plain decimal, or nothing for 1.000, which is one here and a thousand there."""
    plain = text.replace(",", ".")
    whole, point, places = plain.partition(".")
    return "" if point and places == "000" and whole not in {"", "0"} else ("0" if not whole else "") + plain


def _fraction(text: str) -> str:
    for sign, value in FRACTIONS.items():
        if sign in text:
            return str(int(text.replace(sign, "").strip() or 0) + Decimal(value))
    whole, _, rest = text.replace("-", " ").rpartition(" ")
    above, _, below = rest.partition("/")
    return str(int(whole or 0) + (Decimal(above) / Decimal(below)).quantize(Decimal("0.001")).normalize())
