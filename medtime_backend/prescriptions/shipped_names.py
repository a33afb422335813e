"""DrugNames of the catalog's sample that ships with the package: enough to work without a database."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.shipped_files import shipped_directory

NAMES = ("inn", "usan", "ban", "es", "synonym")
RXNORM = frozenset(("IN", "PIN", "MIN", "BN"))
RXCUI, TERM_TYPE, NAME = 0, 12, 14


def shipped_drug_names() -> DrugIndex:
    """Read seeds/catalog: RxNorm's and EMA's sample with their ids, then all names of substances and mixtures.

    A substance of several names has the id that RxNorm gives to one of them.
    """
    pairs = [*_rxnorm(), *_ema()]
    ids = {name.lower(): catalog_id for name, catalog_id in reversed(pairs)}
    return DrugIndex.from_pairs([*pairs, *_substances(ids), *_mixtures()])


def _rxnorm() -> Iterator[tuple[str, str]]:
    path = shipped_directory("seeds", "catalog") / "rxnorm" / "RXNCONSO.RRF"
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("|")
        if fields[TERM_TYPE] in RXNORM:
            yield fields[NAME], f"rxnorm:{fields[RXCUI]}"


def _ema() -> Iterator[tuple[str, str]]:
    path = shipped_directory("seeds", "catalog") / "ema.csv"
    with path.open(encoding="utf-8", newline="") as file:
        next(file)
        for row in csv.DictReader(file):
            if row["Category"] == "Human":
                yield row["Name of medicine"], "ema:" + row["EMA product number"].replace("/", "-")


def _substances(ids: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    path = shipped_directory("seeds", "catalog") / "substances.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = [part.strip() for kind in NAMES for part in (row[kind] or "").split(";") if part.strip()]
            known = next((ids[name.lower()] for name in names if name.lower() in ids), None)
            for name in names:
                yield name, known


def _mixtures() -> Iterator[tuple[str, None]]:
    path = shipped_directory("seeds", "catalog") / "mixtures.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["name"], None
