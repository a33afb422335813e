"""Where a word that lost its blanks may be parted: what its capitals and what touches it tell."""

from __future__ import annotations

from typing import NamedTuple

from medtime_backend.prescriptions.tokens import Token

CLEAR = 3
"""Letters of a part that is clear by itself; a shorter one needs capitals beside small letters, or a number before."""
BEFORE_NUMBER = frozenset(("x", "q", "c"))
"""Single letters that end a word right before a digit: POq6h, hx7."""


class WordEnds(NamedTuple):
    """A word, whether a digit touches its beginning, and the sign or digit that touches its end."""

    token: Token
    measured: bool
    after: str

    def rises(self, start: int, end: int) -> bool:
        """Whether a capital follows a small letter within these."""
        text = self.token.text
        return any(text[place - 1].islower() and text[place].isupper() for place in range(start + 1, end))

    def stands_alone(self, place: int) -> bool:
        """Whether this is the last letter, and one that is written right before a slash or a number."""
        letter = self.token.word[place]
        slash = letter == "c" and self.after == "/"
        return place == len(self.token.word) - 1 and (slash or (letter in BEFORE_NUMBER and self.after.isdigit()))

    def is_unclear(self, start: int, end: int) -> bool:
        """Whether nothing but its letters tells that a short part is one."""
        if end - start >= CLEAR or (end - start == 1 and start > 0):
            return False
        return not all(self._is_marked(place) for place in (start, end) if 0 < place < len(self.token.text))

    def _is_marked(self, place: int) -> bool:
        """Whether capitals begin or end here, or a single letter before a sign or digit stands alone."""
        text = self.token.text
        falls = place > 1 and text[:place].isupper() and text[place].islower()
        return falls or self.rises(place - 1, place + 1) or self.stands_alone(place)
