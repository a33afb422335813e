"""Words made comparable: lower case, without accents and signs."""

from __future__ import annotations

import re
import unicodedata

NOT_WORD = re.compile(r"[\W_]+")


def unaccented(text: str) -> str:
    """Lower case without accents; every other sign stays."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def folded(text: str) -> str:
    """Lower case, no accents, every run of other signs one space: as the catalog folds its names."""
    return NOT_WORD.sub(" ", unaccented(text)).strip()
