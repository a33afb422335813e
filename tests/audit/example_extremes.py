"""Audits at the edges: hostile names, and many cells."""

from __future__ import annotations

from itertools import product

import msgspec

from medtime_backend.audit.findings import Audit, Finding, Suppressed, Unchecked
from medtime_backend.audit.personas import NAMES
from tests.audit.example_cells import VERBS, audit_of, cell_at

HOSTILE = (
    "public.</script><script>document.title='broken'</script>",
    "public.<img src=x onerror=document.title='broken'>",
    "public.<!--<script>",
    "public.\"quoted\" 'single' & ]]> \\ ${title}",
    "public.tab\tline\nbell\x07end\x1b[31m",
    "public.\u202ereversed \u2028separated 💊 ñ \ufffe",
)


def hostile_audit() -> Audit:
    """Names that would break a page or a document that trusts them."""
    cells = [
        msgspec.structs.replace(cell_at((name, persona, "select"), "table", (), rows=True), message=name)
        for name, persona in product(HOSTILE, NAMES)
    ]
    cells[0] = msgspec.structs.replace(cells[0], seen=("foreign",), verdict="finding")
    findings = tuple(Finding(name, name, "error", name, name, name, name, "anon", "select") for name in HOSTILE)
    suppressed = tuple(Suppressed(msgspec.structs.replace(one, verb=""), one.object, one.object) for one in findings)
    unchecked = tuple(Unchecked(name, name) for name in HOSTILE)
    return audit_of(cells, findings=findings, suppressed=suppressed, unchecked=unchecked, not_proved=HOSTILE)


def large_audit() -> Audit:
    """About 9,000 cells: 75 tables, each with a script and a message of its own per cell."""
    names = [f"public.table_{number:03}" for number in range(75)]
    return audit_of(
        [cell_at((name, persona, verb), "table", (), rows=True) for name, persona, verb in product(names, NAMES, VERBS)]
    )
