"""The lines of a prescription, bounded and made regular before anything is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

MOST_CHARACTERS = 20_000
"""A page of prescriptions has at most some thousand; what is beyond is given back unread."""
MOST_IN_LINE = 1_000
MOST_LINES = 400

SPACE = re.compile(r"[^\S\n]+")
NEWLINE = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
SIGNS = str.maketrans(
    {**dict.fromkeys(DASHES, "-"), **dict.fromkeys("\u2019\u00b4`", "'")}
    | {"\u00d7": "x", "\u2044": "/", "\u2215": "/", "\uff0c": ",", "\uff1a": ":"}
)
"""Signs that are written in several ways → ours."""


class TextLine(msgspec.Struct, frozen=True):
    """A line as an engine read it, with how sure it is, 0 to 1."""

    text: str
    confidence: float = 1.0


def split_lines(text: str | Sequence[TextLine]) -> tuple[list[TextLine], list[str]]:
    """Return the lines to read, regular and none empty, and what is beyond the bounds."""
    given = [TextLine(text)] if isinstance(text, str) else text
    lines: list[TextLine] = []
    beyond: list[str] = []
    left = MOST_CHARACTERS
    for one in given:
        taken, left = one.text[:left], max(0, left - len(one.text))
        if len(taken) < len(one.text):
            beyond.append(one.text[len(taken) :])
        for part in NEWLINE.split(taken):
            line = regular(part)
            if line and len(lines) == MOST_LINES:
                beyond.append(line)
            elif line:
                lines.append(TextLine(line[:MOST_IN_LINE], min(1.0, max(0.0, one.confidence))))
            if len(line) > MOST_IN_LINE and beyond[-1:] != [line]:
                beyond.append(line[MOST_IN_LINE:])
    return lines, beyond


def regular(text: str) -> str:
    """One kind of blank, dash and apostrophe; accents composed; nothing that cannot be seen."""
    return SPACE.sub(" ", CONTROL.sub(" ", unicodedata.normalize("NFC", text))).translate(SIGNS).strip()
