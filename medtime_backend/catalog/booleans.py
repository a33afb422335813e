"""Yes and no in the languages of the European Union."""

from __future__ import annotations

from medtime_backend.catalog.reading import UnreadableLine
from medtime_backend.catalog.words import cleaned, folded, said

# en, es and it, fr, de and nl and nordic and lv, pt, ro and hr and sl, cs, sk, pl, hu, et, fi, lt, mt, ga, el, bg.
YES = frozenset((
    "yes", "y", "true", "1", "x", "si", "oui", "ja", "sim", "da", "ano", "tak", "igen", "jah", "kylla", "joo",
    "taip", "iva", "ta", "sea", "wahr", "vrai", "verdadero",
    "ναι", "да",  # noqa: RUF001 - Greek
))  # fmt: skip
NO = frozenset((
    "no", "n", "false", "0", "non", "nein", "nee", "nej", "nao", "nu", "ne", "nie", "nem", "ei", "ni", "nil",
    "le", "falsch", "faux", "falso", "niet",
    "οχι", "не",
))  # fmt: skip


def boolean(value: object) -> bool | None:
    """True or False for a word of either kind, None for an empty cell. Raises UnreadableLine for another word."""
    if isinstance(value, bool):
        return value
    word = folded(cleaned(value))
    if word in YES:
        return True
    if word in NO:
        return False
    if said(value) is None:
        return None
    raise UnreadableLine(f"{cleaned(value)[:40]!r} is neither yes nor no")
