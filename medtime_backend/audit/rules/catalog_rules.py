"""Rules that are one SQL statement each: catalog/<slug>.sql, with its words in the header."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final, get_args

import asyncpg
import msgspec

from medtime_backend.audit.findings import Finding, Rule, Severity

HEADER: Final = ("title", "severity", "why", "fix")
PLACE: Final = "select s.schemas from scope as s\n"
"""How scope.sql ends, so that it is a statement of its own: a rule's select stands there instead."""


class CatalogRule(msgspec.Struct, frozen=True):
    """A rule and its statement: rows of object, detail, reproduction, fix and, where it fits, persona and verb."""

    rule: Rule
    statement: str


@cache
def catalog_rules() -> tuple[CatalogRule, ...]:
    """All rules of catalog/, by slug. Raises ValueError for a file without its header."""
    here = resources.files("medtime_backend.audit.rules")
    scope = (here / "scope.sql").read_text(encoding="utf-8").removesuffix(PLACE)
    files = sorted((here / "catalog").iterdir(), key=lambda file: file.name)
    return tuple(
        _read(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"), scope)
        for file in files
        if file.name.endswith(".sql")
    )


async def find(connection: asyncpg.Connection, arguments: tuple[list[str], list[str], str]) -> list[Finding]:
    """What the rules find; arguments are those of scope.sql."""
    return [
        _finding(one.rule, row) for one in catalog_rules() for row in await connection.fetch(one.statement, *arguments)
    ]


def _finding(rule: Rule, row: asyncpg.Record) -> Finding:
    return Finding(
        rule=rule.slug,
        object=row["object"],
        severity=rule.severity,
        title=rule.title,
        detail=row["detail"],
        reproduction=row["reproduction"],
        fix=row["fix"],
        persona=row.get("persona") or "",
        verb=row.get("verb") or "",
    )


def _read(slug: str, text: str, scope: str) -> CatalogRule:
    header = dict(re.findall(r"^-- (\w+): (.+)$", text, re.MULTILINE))
    if any(key not in header for key in HEADER) or header["severity"] not in get_args(Severity):
        raise ValueError(f"The rule {slug} must begin with lines for {', '.join(HEADER)}.")
    rule = msgspec.convert({"slug": slug} | {key: header[key] for key in HEADER}, Rule)
    # In brackets, so that a rule may begin with a WITH of its own.
    return CatalogRule(rule, f"{scope}select found.* from (\n{text}) as found")  # noqa: S608 - files of this package
