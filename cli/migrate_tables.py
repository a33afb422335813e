"""How `medtime migrate` shows what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.markup import escape

from cli.output import messages, plain_table, print_json, print_table, results
from medtime_backend.migrations.comparison import Standing
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.findings import Verification
from medtime_backend.migrations.repair import Repair
from medtime_backend.migrations.transaction_blocks import stands_alone

_COLOURS = {
    "applied": "green",
    "pending": "cyan",
    "drifted": "red",
    "out of order": "red",
    "remote only": "red",
    "error": "red",
    "warning": "yellow",
}


def print_standings(standings: Sequence[Standing]) -> None:
    """All versions, and how many are of which state."""
    table = plain_table("Version", "Name", "State", "Time in the version (UTC)", "")
    for one in standings:
        table.add_row(
            one.version,
            escape(one.name),
            f"[{_COLOURS[one.state]}]{one.state}[/]",
            f"{one.time:%Y-%m-%d %H:%M:%S}" if one.time else "-",
            _remark(one),
        )
    print_table(table)
    counts = Counter(one.state for one in standings)
    results.print(", ".join(f"{number} {state}" for state, number in counts.items()) or "There are no migrations.")
    if standings:
        messages.print("The history has no times of its own: when something was applied is not known.", style="dim")


def print_preview(pending: Sequence[Migration], *, as_json: bool) -> None:
    """What would run."""
    alone = {one.version: [n for n, part in enumerate(one.parts, start=1) if stands_alone(part)] for one in pending}
    if as_json:
        print_json(
            {
                "pending": [
                    {
                        "version": one.version,
                        "file": one.path.name,
                        "statements": one.statements,
                        "outside_transaction": alone[one.version],
                    }
                    for one in pending
                ]
            }
        )
        return
    for one in pending:
        results.print(f"[bold]{escape(one.path.name)}[/] ({len(one.parts)} statements)", soft_wrap=True)
        for number, part in enumerate(one.parts, start=1):
            outside = "  [yellow]outside of a transaction[/]" if number in alone[one.version] else ""
            results.print(f"  {number}, line {part.line}:{outside}", soft_wrap=True)
            results.print("\n".join(f"    {line}" for line in part.text.splitlines()), soft_wrap=True, markup=False)
    results.print(f"Would be applied: {len(pending)}." if pending else "Everything is applied.")


def print_verification(found: Verification) -> None:
    """Findings by file, then what was not checked."""
    for one in found.findings:
        place = f"{one.file}" + (f", statement {one.statement}" if one.statement else "")
        place += f", line {one.line}" if one.line else ""
        severity = f"[{_COLOURS[one.severity]}]{one.severity}[/]"
        results.print(f"{severity} [bold]{one.rule}[/] {escape(place)}", soft_wrap=True)
        results.print(f"  {escape(one.detail)}", soft_wrap=True)
        results.print(f"  Fix: {escape(one.fix)}", soft_wrap=True, style="dim")
    for what in found.unchecked:
        results.print(f"[yellow]not checked[/] {escape(what)}", soft_wrap=True)
    counts = Counter(one.severity for one in found.findings)
    results.print(f"{found.files} files: {counts['error']} errors, {counts['warning']} warnings.")


def print_repair(plan: Repair, *, as_json: bool, done: bool) -> None:
    """What was marked, and the rows that are no more, whole: they may be nowhere else."""
    if as_json:
        print_json({"done": done, "repair": plan})
        return
    results.print(f"{'Marked' if done else 'Would be marked'} as {plan.status}: {', '.join(plan.versions)}.")
    for row in plan.lost:
        results.print(f"The row of {row.version} ({row.name or 'no name'}) was:", soft_wrap=True, markup=False)
        results.print(";\n".join(row.statements or ("no statements",)), soft_wrap=True, markup=False)


def _remark(one: Standing) -> str:
    if one.drift:
        line = f", line {one.drift.line}" if one.drift.line else ""
        return f"statement {one.drift.statement}{line} differs from what was applied"
    if not one.compared:
        return "the history has no statements to compare with"
    if one.state == "out of order":
        return "later ones are applied: up --include-all"
    return "no file here" if one.state == "remote only" else ""
