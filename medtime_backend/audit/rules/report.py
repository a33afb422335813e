"""How the rules written in Python make a finding."""

from __future__ import annotations

from medtime_backend.audit.findings import Finding, Rule


def report(  # noqa: PLR0913, PLR0917 - what a finding says, in the order of its fields
    rule: Rule, name: str, detail: str, reproduction: str, fix: str, persona: str = "", verb: str = ""
) -> Finding:
    """A finding of the rule about the object of that name."""
    return Finding(
        rule=rule.slug,
        object=name,
        severity=rule.severity,
        title=rule.title,
        detail=detail,
        reproduction=reproduction,
        fix=fix,
        persona=persona,
        verb=verb,
    )
