"""The audit as SARIF 2.1.0, which code scanning and security dashboards read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from importlib.metadata import version
from typing import Any, Final

import msgspec

from medtime_backend.audit.findings import Audit, Finding, Rule, Suppressed, Unchecked

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "medtimeFindingId/v1"


def render_sarif(audit: Audit, rules: Iterable[Rule] = (), files: Mapping[str, str] | None = None) -> str:
    """The audit as one SARIF run.

    `rules` are those that were asked, also the ones that found nothing; one that only a finding names is made from it.
    `files` maps an object to the file that declares it, relative to the repository: code scanning shows only results
    that lie in a file. What could not be checked becomes a notification, and the run counts as not successful.
    """
    accepted = [suppressed.finding for suppressed in audit.suppressed]
    known = _rules([*audit.findings, *accepted], rules)
    places = _Places(audit, files or {})
    index = {slug: number for number, slug in enumerate(known)}
    results = [_result(finding, index, places) for finding in audit.findings]
    results += [_result(one.finding, index, places) | _suppression(one) for one in audit.suppressed]
    run = {
        "tool": {
            "driver": {
                "name": "medtime policies audit",
                "version": version("medtime-backend"),
                "rules": [_descriptor(rule) for rule in known.values()],
            }
        },
        "automationDetails": {"id": f"medtime-policies-audit/{audit.database}/"},
        "invocations": [_invocation(audit)],
        "results": results,
        "properties": {
            "database": audit.database,
            "serverVersion": audit.server_version,
            "mode": audit.mode,
            "personas": audit.personas,
            "objects": audit.objects,
            "cells": len(audit.cells),
        },
    }
    return msgspec.json.format(msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})).decode()


def _rules(findings: Iterable[Finding], rules: Iterable[Rule]) -> dict[str, Rule]:
    known = {rule.slug: rule for rule in rules}
    for finding in findings:
        made = Rule(finding.rule, finding.title, finding.severity, why=finding.title, fix=finding.fix)
        known.setdefault(finding.rule, made)
    return known


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.slug,
        "name": "".join(word.capitalize() for word in rule.slug.replace("_", "-").split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why}\n\nFix: {rule.fix}",
            "markdown": f"{rule.why}\n\n**Fix.** {rule.fix}",
        },
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, index: Mapping[str, int], places: _Places) -> dict[str, Any]:
    text = f"{finding.detail}\n\nShow it:\n{finding.reproduction}\n\nFix:\n{finding.fix}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity,
        "message": {"text": text},
        "locations": [places.of(finding)],
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": {
            "id": finding.id,
            "persona": finding.persona,
            "verb": finding.verb,
            "source": finding.source,
            "reproduction": finding.reproduction,
            "fix": finding.fix,
        },
    }


def _suppression(suppressed: Suppressed) -> dict[str, Any]:
    return {
        "suppressions": [
            {
                "kind": "external",
                "status": "accepted",
                "justification": suppressed.reason,
                "properties": {"until": suppressed.until},
            }
        ]
    }


def _invocation(audit: Audit) -> dict[str, Any]:
    started = audit.started_at.astimezone(UTC)
    ended = started + timedelta(seconds=audit.seconds)
    notes = [{"level": "note", "message": {"text": sentence}} for sentence in audit.not_proved]
    return {
        "executionSuccessful": not audit.unchecked,
        "exitCode": audit.exit_code,
        "startTimeUtc": f"{started:%Y-%m-%dT%H:%M:%S.%fZ}",
        "endTimeUtc": f"{ended:%Y-%m-%dT%H:%M:%S.%fZ}",
        "toolExecutionNotifications": [_notification(one) for one in audit.unchecked] + notes,
    }


def _notification(unchecked: Unchecked) -> dict[str, Any]:
    return {"level": "error", "message": {"text": f"Could not check {unchecked.what}: {unchecked.reason}"}}


class _Places:
    """Where a finding lies: an object of the database, and the file that declares it where there is one."""

    def __init__(self, audit: Audit, files: Mapping[str, str]) -> None:
        self._kinds = {cell.object: cell.kind for cell in audit.cells}
        self._files = files

    def of(self, finding: Finding) -> dict[str, Any]:
        logical = {
            "name": finding.object.partition("(")[0].rpartition(".")[2],
            "fullyQualifiedName": finding.object,
            "kind": self._kinds.get(finding.object, "resource"),
        }
        if (file := self._files.get(finding.object)) is None:
            return {"logicalLocations": [logical]}
        # Code scanning shows nothing without a line: the first stands for the whole file.
        physical = {"artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}
        return {"physicalLocation": physical, "logicalLocations": [logical]}
