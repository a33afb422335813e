"""The audit as compact JSON for the page: what repeats is written once and pointed at by number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import UTC
from typing import Any

import msgspec

from medtime_backend.audit.findings import Audit, Cell, Finding, Rule
from medtime_backend.audit.reports.standing import Standings

# In a script element `<` could end it or begin a comment; the others are for readers that stop at them.
ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


class _Numbered:
    """Values in the order they were first met, each once."""

    def __init__(self, known: Iterable[Hashable] = ()) -> None:
        self._numbers: dict[Hashable, int] = {}
        for value in known:
            self.number(value)

    def number(self, value: Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> list[Hashable]:
        return list(self._numbers)


def page_data(audit: Audit, rules: Iterable[Rule]) -> str:
    """JSON that may stand in a script element whatever it holds.

    `cells` are rows of numbers: (object, persona, verb, fact, script); a script is a row of numbers of lines. Scripts
    share nearly all their lines, so that ten thousand cells stay near one megabyte.
    """
    reasons = {rule.slug: rule.why for rule in rules}
    data = _summary(audit) | _matrix(audit)
    data["findings"] = [_finding(finding, reasons) for finding in audit.findings]
    data["suppressed"] = [
        _finding(one.finding, reasons) | {"reason": one.reason, "until": one.until} for one in audit.suppressed
    ]
    return msgspec.json.encode(data).decode().translate(ESCAPES)


def _summary(audit: Audit) -> dict[str, Any]:
    return {
        "database": audit.database,
        "serverVersion": audit.server_version,
        "startedAt": f"{audit.started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "seconds": round(audit.seconds, 1),
        "mode": audit.mode,
        "exitCode": audit.exit_code,
        "unchecked": audit.unchecked,
        "notProved": audit.not_proved,
    }


def _matrix(audit: Audit) -> dict[str, Any]:
    standings = Standings(audit)
    personas, objects, verbs = _Numbered(audit.personas), _Numbered(), _Numbered()
    facts, scripts, lines = _Numbered(), _Numbered(), _Numbered()
    cells = [
        (
            objects.number((cell.object, cell.kind)),
            personas.number(cell.persona),
            verbs.number(cell.verb),
            facts.number(_fact(cell, standings)),
            scripts.number(tuple(lines.number(line) for line in cell.sql.split("\n"))),
        )
        for cell in audit.cells
    ]
    return {
        "personas": personas.values(),
        "objects": objects.values(),
        "verbs": verbs.values(),
        "facts": facts.values(),
        "lines": lines.values(),
        "scripts": scripts.values(),
        "cells": cells,
    }


def _fact(cell: Cell, standings: Standings) -> Hashable:
    counts = tuple(sorted(cell.counts.items()))
    return cell.declared, cell.seen, cell.outcome, counts, standings.of(cell), cell.message


def _finding(finding: Finding, reasons: dict[str, str]) -> dict[str, Any]:
    told = msgspec.structs.asdict(finding)
    return told | {"id": finding.id, "why": reasons.get(finding.rule, "")}
