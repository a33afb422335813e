"""What stands between statements: spaces, semicolons and comments."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s;]+")
_BLOCK_EDGES = re.compile(r"/\*|\*/")


def first_word(text: str, start: int = 0) -> int:
    """The place of the first character that is no space, comment or semicolon; the length of a text without one."""
    place = after_separators(text, start)
    while (after := after_comment(text, place)) > place:
        place = after_separators(text, after)
    return place


def line_at(text: str, place: int) -> int:
    """The line, from 1, of a place in the text."""
    return text.count("\n", 0, place) + 1


def after_separators(text: str, place: int) -> int:
    """Where the spaces and semicolons that begin at the place end; the place if there are none."""
    match = _SEPARATORS.match(text, place)
    return match.end() if match else place


def after_comment(text: str, place: int) -> int:
    """Where the comment that begins at the place ends; the place if none does."""
    if text.startswith("--", place):
        end = text.find("\n", place)
        return len(text) if end < 0 else end
    if not text.startswith("/*", place):
        return place
    depth = 0
    for match in _BLOCK_EDGES.finditer(text, place):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)
