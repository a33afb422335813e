"""What an audit says: findings, what could not be checked, and every cell of the matrix with its proof."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]
Verdict = Literal["as declared", "finding", "could not check"]
RowClass = Literal["own", "shared", "foreign", "public"]
"""Whose rows: the persona's; an owner's who shares with the persona; anybody else's; a table's that has no owners."""


class Rule(msgspec.Struct, frozen=True):
    """One kind of finding. `slug` is stable and begins each finding's id."""

    slug: str
    title: str
    severity: Severity
    why: str
    fix: str


class Finding(msgspec.Struct, frozen=True):
    """One fault of one object.

    `detail` is one sentence for this very object; `reproduction` is SQL to paste into psql that shows it, `fix` what to
    do. `persona` and `verb` are empty where the fault is not one persona's. `source` is who found it.
    """

    rule: str
    object: str
    severity: Severity
    title: str
    detail: str
    reproduction: str
    fix: str
    persona: str = ""
    verb: str = ""
    source: Literal["medtime", "pgrls", "advisors"] = "medtime"

    @property
    def id(self) -> str:
        """The stable name of this finding, by which it can be suppressed: rule:object[:persona:verb]."""
        return ":".join(part for part in (self.rule, self.object, self.persona, self.verb) if part)


class Unchecked(msgspec.Struct, frozen=True):
    """Something that could not be checked, and why: never taken for clean."""

    what: str
    reason: str


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that somebody has accepted, until a day, for a reason."""

    finding: Finding
    reason: str
    until: str


class Cell(msgspec.Struct, frozen=True):
    """What one persona can do with one object by one verb, and how that was seen.

    `declared` and `seen` are sorted row classes; for what has no rows (EXECUTE, TRUNCATE, USAGE) `("yes",)` or `()`.
    `outcome` is one of: rows, filtered, no grant, policy, recursion, rule (access is there, a constraint refused the
    values), executed, error. `counts` tells rows by class. `sql` is what was run, as a script to paste.
    """

    object: str
    kind: Literal["table", "view", "sequence", "function", "schema"]
    persona: str
    verb: str
    declared: tuple[str, ...]
    seen: tuple[str, ...]
    outcome: str
    counts: dict[str, int]
    sql: str
    verdict: Verdict
    message: str = ""


class Audit(msgspec.Struct, frozen=True):
    """The whole result. `database` is host:port/name, never a password; `mode` what was done."""

    database: str
    server_version: str
    started_at: datetime
    seconds: float
    mode: Literal["execution", "read-only"]
    personas: tuple[str, ...]
    objects: int
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    unchecked: tuple[Unchecked, ...]
    not_proved: tuple[str, ...]
    """What a read-only audit cannot prove, as sentences; it is no fault."""

    @property
    def exit_code(self) -> int:
        """2 when something could not be checked, else 1 with findings, else 0."""
        return 2 if self.unchecked else 1 if self.findings else 0
