"""Text as people type it into spreadsheets, made comparable."""

from __future__ import annotations

import re
import unicodedata

SPACE = re.compile(r"\s+")
NOT_WORD = re.compile(r"[\W_]+")
NOT_ID = re.compile(r"[^0-9A-Za-z._]+")
NOTHING = {"", ".", "-", "--", "n/a", "na", "null", "none", "s/d", "no aplica"}


def folded(text: str) -> str:
    """Lower case, no accents, every run of other signs one space: what public.catalog_fold does to ordinary names."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return NOT_WORD.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()


def cleaned(value: object) -> str:
    """A cell as one line of text without NUL; a whole number without its point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return SPACE.sub(" ", str(value).replace("\0", " ")).strip()


def lines_of(value: object) -> list[str]:
    """The lines of a cell, cleaned, without empty ones."""
    return [line for line in map(cleaned, str(value or "").splitlines()) if line]


def said(value: object) -> str | None:
    """A cell's text, or None for what people write instead of nothing: '.', '-', 'N/A'."""
    text = cleaned(value).strip(" ,;")
    return None if text.lower() in NOTHING else text


def identifier(source: str, number: str) -> str:
    """The id of a product: source and number, with `-` for every other sign. Raises ValueError for an odd one."""
    slug = NOT_ID.sub("-", number).strip("-._")
    if not 1 <= len(slug) <= 64:  # noqa: PLR2004 - as the table's check says
        raise ValueError(f"the number {number[:80]!r} is not one")
    return f"{source}:{slug}"
