"""Judges a search: which of the products that a person expects are among the first 1, 3 and 10."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

FILE = Path(__file__).with_name("judged.tsv")
PLACES = {"first": 1, "third": 3, "tenth": 10}
SEARCH = "select public.catalog_search($1, max_results => 10)::text"


@dataclass
class Judgement:
    """One query: what is expected within how many hits, and what was found."""

    query: str
    kind: str
    expected: dict[int, list[str]]
    hits: list[dict[str, Any]] = field(default_factory=list)

    def place(self, wanted: str) -> int | None:
        """The place of a product by its id, or of the first one made of nothing but `@substance+substance`."""
        for number, hit in enumerate(self.hits, start=1):
            made_of = "@" + "+".join(sorted({str(part["substance"]) for part in hit["ingredients"]}))
            if wanted in {hit["id"], made_of}:
                return number
        return None

    def missed(self, within: int) -> list[str]:
        """What had to be within so many hits and is not."""
        return [
            wanted
            for most, all_wanted in self.expected.items()
            if most <= within
            for wanted in all_wanted
            if (self.place(wanted) or within + 1) > within
        ]

    def wanted(self, within: int) -> int:
        """How many had to be within so many hits."""
        return sum(len(all_wanted) for most, all_wanted in self.expected.items() if most <= within)

    @property
    def reciprocal_rank(self) -> float:
        """One over the place of the first expected product; 0 where none was found."""
        places = [self.place(wanted) for all_wanted in self.expected.values() for wanted in all_wanted]
        return max((1 / place for place in places if place), default=0.0)


async def judge(connection: asyncpg.Connection) -> list[Judgement]:
    """Ask every query of judged.tsv."""
    with FILE.open(encoding="utf-8", newline="") as file:
        judged = [
            Judgement(row["query"], row["kind"], {most: row[name].split() for name, most in PLACES.items()})
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
    for one in judged:
        one.hits = json.loads(await connection.fetchval(SEARCH, one.query))["hits"]
    return judged


def recall(judged: list[Judgement], within: int) -> float:
    """The share of all that had to be within so many hits and is."""
    wanted = sum(one.wanted(within) for one in judged)
    return 1 - sum(len(one.missed(within)) for one in judged) / wanted


def mean_reciprocal_rank(judged: list[Judgement]) -> float:
    """How far up the first expected product is: 1 when it is always the first."""
    return sum(one.reciprocal_rank for one in judged) / len(judged)
