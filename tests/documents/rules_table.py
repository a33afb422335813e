"""Writes the tables of rules in docs/policies.md.

.venv/bin/python -m tests.documents.rules_table
"""

import re
from collections.abc import Iterable

from medtime_backend.audit import access_findings, privileges
from medtime_backend.audit.catalog import drift
from medtime_backend.audit.findings import Rule
from medtime_backend.audit.rules import RULES as STATIC_RULES
from tests.documents.markdown import ROOT

PAGE = "docs/policies.md"
GROUPS = {
    "Of access": access_findings.RULES,
    "Of rights": privileges.RULES,
    "Of drift": drift.RULES,
    "Of the catalog": STATIC_RULES,
}
PLACE = re.compile(
    r"(?<=<!-- rules: written by `python -m tests\.documents\.rules_table` -->\n).*(?=<!-- end of rules)", re.DOTALL
)


def tables() -> str:
    """All rules in Markdown, a table for each group."""
    return "\n" + "".join(_table(title, rules) for title, rules in GROUPS.items())


def with_tables(page: str) -> str:
    """The page with the tables as they should be."""
    return PLACE.sub(lambda _: tables(), page)


def _table(title: str, rules: Iterable[Rule]) -> str:
    lines = [f"### {title}", "", "| rule | severity | what it finds | why it matters | fix |", "|---|---|---|---|---|"]
    lines += [f"| `{rule.slug}` | {rule.severity} | {rule.title} | {rule.why} | {rule.fix} |" for rule in rules]
    return "\n".join([*lines, "", ""])


if __name__ == "__main__":
    file = ROOT / PAGE
    file.write_text(with_tables(file.read_text(encoding="utf-8")), encoding="utf-8")
