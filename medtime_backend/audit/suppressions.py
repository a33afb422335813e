"""Findings that somebody has accepted: each with a reason and a day on which it ends (policies/suppressions.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec

from medtime_backend.audit.findings import Finding, Suppressed
from medtime_backend.operator_error import OperatorError

FILE: Final = "suppressions.toml"
SHORTEST_REASON: Final = 20
"""Characters: less cannot say why."""


class SuppressionError(OperatorError):
    """A suppression lacks what it needs, or is over."""


class Suppression(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accepts the findings whose id matches the pattern (`*` stands for anything), until the end of a day."""

    finding: str
    reason: str
    until: date


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    suppression: tuple[Suppression, ...] = ()


def read_suppressions(path: Path, today: date) -> tuple[Suppression, ...]:
    """Read the file; none is no suppression. Raises SuppressionError, which names the entry and what it lacks."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).suppression
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SuppressionError(f"{path.name} cannot be read: {error}.") from error
    for number, one in enumerate(found, start=1):
        where = f"Suppression {number} in {path.name} ({one.finding or 'of nothing'})"
        if not one.finding.strip("* "):
            raise SuppressionError(f"{where} names no finding: everything would be accepted.")
        if len(one.reason.strip()) < SHORTEST_REASON:
            raise SuppressionError(f"{where} has no reason: say in a sentence why it is accepted.")
        if one.until < today:
            raise SuppressionError(f"{where} has ended on {one.until}: mend the finding, or decide anew until when.")
    return found


def suppress(
    findings: Sequence[Finding], suppressions: Sequence[Suppression]
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[Suppression, ...]]:
    """Part the findings into open and accepted ones; the third are suppressions that match nothing any more."""
    still_open: list[Finding] = []
    accepted: list[Suppressed] = []
    used: set[Suppression] = set()
    for finding in findings:
        match = next((one for one in suppressions if fnmatchcase(finding.id, one.finding)), None)
        if match is None:
            still_open.append(finding)
        else:
            used.add(match)
            accepted.append(Suppressed(finding, match.reason, match.until.isoformat()))
    return tuple(still_open), tuple(accepted), tuple(one for one in suppressions if one not in used)
