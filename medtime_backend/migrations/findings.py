"""What `medtime migrate verify` finds."""

from __future__ import annotations

from typing import Literal

import msgspec

from medtime_backend.migrations.files import Migration

Severity = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True):
    """One finding: the rule, the file, the statement (from 1) and line if it has one, what is wrong and the way out."""

    rule: str
    severity: Severity
    file: str
    detail: str
    fix: str
    statement: int | None = None
    line: int | None = None


class Verification(msgspec.Struct, frozen=True):
    """All findings in the order of files and lines, and what could not be checked."""

    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    files: int

    @property
    def failed(self) -> bool:
        """Whether there is an error among them; warnings alone are not."""
        return any(finding.severity == "error" for finding in self.findings)


def error_at(migration: Migration, number: int, rule: str, detail: str, fix: str) -> Finding:
    """An error at a statement, counted from 1."""
    return Finding(rule, "error", migration.path.name, detail, fix, number, migration.parts[number - 1].line)


def warning_at(migration: Migration, number: int, rule: str, detail: str, fix: str) -> Finding:
    """A warning at a statement, counted from 1."""
    return msgspec.structs.replace(error_at(migration, number, rule, detail, fix), severity="warning")
