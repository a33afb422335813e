"""Writes docs/policies_comparison.md: which fault our audit, pgrls and Supabase's advisors find.

.venv/bin/python -m tests.audit.comparison
"""

import asyncio
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import asyncpg

from medtime_backend.audit.catalog.snapshot import Snapshot
from medtime_backend.audit.findings import Finding
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.audit.audits import audited, expected_of
from tests.audit.faults import FAULTS, PARTS, Fault

PAGE = Path(__file__).parents[2] / "docs/policies_comparison.md"
HEADING = """# What finds which fault

{count} faults that people make in a schema like ours, each made in a copy of it, and what is said about the copy that
is not said about the sound schema: by `medtime policies audit`, by pgrls 0.57.1 and by the advisors of the official
Supabase CLI 2.117.0 (`supabase db advisors --level warn`, with `pgrst.db_schemas` set). A dash means: nothing.

The column of ours names the finding by which a test demands it ([the faults](../tests/audit/faults/)). pgrls and the
advisors know nothing of the project they look at, so they cannot know what was meant: a grant is a fault here because
`policies/` does not declare it. The audit runs them too (pgrls always, the advisors with `--advisors`), because they
know general traps.

`tests/audit/comparison.py` writes this page; a test tries some of its rows again.
"""


async def row_of(shadow: Shadow, fault: Fault, expected: Snapshot, sound: frozenset[str]) -> str:
    """The row of one fault."""
    async with shadow.copy() as database:
        connection = await asyncpg.connect(database.admin_database_url if fault.superuser else database.database_url)
        try:
            await connection.execute(fault.sql)
            findings = await said(database, expected)
        finally:
            if fault.undo:
                await connection.execute(fault.undo)
            await connection.close()
    new = [finding for finding in findings if finding.id not in sound]
    ours = next((one.rule for one in new if fnmatchcase(one.id, fault.finding)), "-")
    return f"| {fault.name} | `{ours}` | {_rules(new, 'pgrls')} | {_rules(new, 'advisors')} |"


async def said(database: ShadowDatabase, expected: Snapshot) -> tuple[Finding, ...]:
    """All findings about a database, the suppressed ones too."""
    audit = await audited(database, expected=expected, pgrls=True, advisors=True, suppressions=())
    return audit.findings


def _rules(findings: Iterable[Finding], source: str) -> str:
    found = sorted({finding.rule.partition("-")[2] for finding in findings if finding.source == source})
    return ", ".join(f"`{rule}`" for rule in found) or "-"


async def sound_of(shadow: Shadow) -> tuple[Snapshot, frozenset[str]]:
    """The sound schema, and the ids of what is said about it."""
    async with shadow.copy() as database:
        expected = await expected_of(database)
        return expected, frozenset(finding.id for finding in await said(database, expected))


async def page_of(shadow: Shadow) -> str:
    """The whole page."""
    expected, sound = await sound_of(shadow)
    lines = [HEADING.format(count=len(FAULTS))]
    found = [0, 0]
    for title, faults in PARTS.items():
        lines += [f"## {title}", "", "| fault | medtime | pgrls | advisors |", "|---|---|---|---|"]
        for fault in faults:
            row = await row_of(shadow, fault, expected, sound)
            cells = row.split(" | ")
            found = [found[0] + (cells[2] != "-"), found[1] + (cells[3] != "- |")]
            lines.append(row)
            sys.stderr.write(f"{row}\n")
        lines.append("")
    lines += [
        "## Sum",
        "",
        f"The audit finds all {len(FAULTS)}; pgrls says something about {found[0]}, the advisors about {found[1]}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    with Shadow() as running:
        PAGE.write_text(asyncio.run(page_of(running)), encoding="utf-8")
