"""What is known of substances before any source is read: the files of seeds/catalog that are no source's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from medtime_backend.shipped_files import shipped_directory

KINDS = ("inn", "usan", "ban", "es", "synonym", "salt")
"""The columns of substances.csv; several names in one are separated by ';'."""

LANGUAGES = {"inn": "en", "usan": "en", "ban": "en", "es": "es", "synonym": "", "salt": ""}
PRIMARY = ("inn", "usan", "ban", "es")


def seeds_directory() -> Path:
    """The packaged copy of the catalog's seeds, or that of the checkout."""
    return shipped_directory("seeds", "catalog")


def known_names() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Rows for stage_substances of level 1: one group a line."""
    with (seeds_directory() / "substances.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            for place, kind in enumerate(KINDS):
                for name in filter(None, (part.strip() for part in (line[kind] or "").split(";"))):
                    named = "inn" if kind == "es" else kind
                    rank = 0 if kind in PRIMARY else 1
                    yield "stage_substances", (1, line["inn"], rank, place, name, LANGUAGES[kind], named)


def mixtures() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Rows for stage_mixtures."""
    with (seeds_directory() / "mixtures.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            yield "stage_mixtures", (line["name"], line["language"], line["kind"], line["substances"])


def salt_words() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Rows for stage_salt_words: words, folded, that name what a substance is bound to."""
    for word in (seeds_directory() / "salt_words.txt").read_text(encoding="utf-8").split("\n"):
        if word and not word.startswith("#"):
            yield "stage_salt_words", (word,)
