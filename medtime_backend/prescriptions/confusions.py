"""Names that are nearly the same: misread characters, and the endings of two languages."""

from __future__ import annotations

from collections.abc import Iterable

CONFUSABLE = (("rn", "m"), ("m", "rn"), ("0", "o"), ("1", "l"), ("1", "i"), ("5", "s"), ("vv", "w"), ("l", "i"),
              ("i", "l"), ("cl", "d"), ("ii", "n"), ("8", "b"))  # fmt: skip
"""What recognition of characters takes for each other: as read → as meant."""


def same_but_ending(first: str, second: str) -> bool:
    """Whether two names are the same but for a vowel at the end: prednisona and prednisone, metformin, metformina."""
    stems = [one[:-1] if one[-1] in "aeo" else one for one in (first, second)]
    return stems[0] == stems[1]


def unconfused(key: str) -> set[str]:
    """What the key may have been before one or two characters were misread, at most some hundred."""
    once = set(_replaced(key))
    return (once | {again for one in sorted(once)[:12] for again in _replaced(one)}) - {key}


def _replaced(key: str) -> Iterable[str]:
    for read, meant in CONFUSABLE:
        place = key.find(read)
        while place >= 0:
            yield key[:place] + meant + key[place + len(read) :]
            place = key.find(read, place + 1)
