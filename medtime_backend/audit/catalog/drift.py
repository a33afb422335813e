"""Drift: what a live database has lost, gained or changed against the one that the migrations make."""

from __future__ import annotations

from typing import Any, Final

from medtime_backend.audit.catalog.remedy import remedy
from medtime_backend.audit.catalog.reproduction import reproduction
from medtime_backend.audit.catalog.snapshot import Facts, Snapshot
from medtime_backend.audit.catalog.tolerance import changes, is_of_the_platform
from medtime_backend.audit.findings import Finding, Rule

MISSING: Final = Rule(
    slug="drift-missing",
    title="Something that the migrations make is missing",
    severity="error",
    why="A policy, check or trigger that is gone protects nothing, and no test of the checkout notices.",
    fix="Apply the migrations that are pending; where none is, make the object again as the migration does.",
)
UNEXPECTED: Final = Rule(
    slug="drift-unexpected",
    title="Something is there that no migration makes",
    severity="error",
    why="What was made by hand was reviewed by nobody, and the next environment does not have it.",
    fix="Drop it, or write the migration that makes it.",
)
CHANGED: Final = Rule(
    slug="drift-changed",
    title="Something is not as the migrations make it",
    severity="error",
    why="The database does not do what was reviewed and tested.",
    fix="Set it back, or write the migration that changes it.",
)
RULES: Final = (MISSING, UNEXPECTED, CHANGED)
# These cost speed, or make tomorrow's objects unsafe; nobody can do more than declared because of them today.
WARNINGS: Final = frozenset({"index", "statistics", "default privileges"})


def drift(expected: Snapshot, live: Snapshot) -> list[Finding]:
    """What `live` has lost, gained and changed against `expected`, one finding an object, sorted.

    What is part of something missing or unexpected is not told of by itself. What may differ: `tolerance.py`.
    """
    lost = {name for kind, name in expected.keys() - live.keys()}
    gained = {name for kind, name in live.keys() - expected.keys()}
    findings = []
    for key in sorted(expected.keys() | live.keys()):
        (kind, name), wanted, found = key, expected.get(key), live.get(key)
        if is_of_the_platform(kind, name, found or wanted or {}):
            continue
        if found is None:
            if wanted is not None and wanted["in"] not in lost:
                detail = f"The migrations make the {kind} {name}; this database does not have it."
                findings.append(_finding(MISSING, key, wanted, found, detail))
        elif wanted is None:
            if found["in"] not in gained:
                detail = f"This database has the {kind} {name}, which no migration makes."
                findings.append(_finding(UNEXPECTED, key, wanted, found, detail))
        elif differences := changes(kind, name, wanted, found):
            told = "; ".join(f"{fact}: expected {_say(one)}, found {_say(other)}" for fact, one, other in differences)
            findings.append(_finding(CHANGED, key, wanted, found, f"The {kind} {name} has changed: {told}."))
    return findings


def _finding(rule: Rule, key: tuple[str, str], wanted: Facts | None, found: Facts | None, detail: str) -> Finding:
    kind, name = key
    return Finding(
        rule=rule.slug,
        object=f"{kind} {name}",
        severity="warning" if kind in WARNINGS else rule.severity,
        title=rule.title,
        detail=detail,
        reproduction=reproduction(kind, name, (wanted or found or {})["in"]),
        fix=remedy(kind, name, wanted, found),
    )


def _say(value: Any) -> str:
    """A fact's value in a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "nothing" if value is None else str(value)
