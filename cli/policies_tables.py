"""How an audit and the declared matrix look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.markup import escape

from cli.output import messages, plain_table, print_json, print_table, results
from medtime_backend.audit.declarations import TABLE_VERBS, Declarations
from medtime_backend.audit.findings import Audit, Finding
from medtime_backend.audit.personas import NAMES, USERS

COLOURS: Final = {"error": "red", "warning": "yellow"}


def print_audit(audit: Audit) -> None:
    """Findings with their fix, what could not be checked, and the sum of it all."""
    for finding in audit.findings:
        _print_finding(finding)
    if audit.unchecked:
        results.print("[yellow]Could not be checked:[/]")
        for one in audit.unchecked:
            results.print(f"  {escape(one.what)}: {escape(one.reason)}", soft_wrap=True)
    for sentence in audit.not_proved:
        messages.print(f"Not proved: {escape(sentence)}", style="dim")
    checked = sum(cell.verdict == "as declared" for cell in audit.cells)
    colour = ("green", "red", "yellow")[audit.exit_code]
    results.print(
        f"[{colour}]{_count(len(audit.findings), 'finding')}[/], {len(audit.suppressed)} suppressed, "
        f"{len(audit.unchecked)} not checked; {checked:,} of {len(audit.cells):,} cells as declared, "
        f"{audit.objects} objects, {_count(len(audit.personas), 'persona')}, {audit.seconds:.1f} s "
        f"({audit.mode}, {audit.database}, Postgres {audit.server_version})",
        soft_wrap=True,
    )


def _print_finding(finding: Finding) -> None:
    results.print(f"[{COLOURS[finding.severity]}]{finding.severity}[/] [bold]{escape(finding.id)}[/]", soft_wrap=True)
    results.print(f"  {escape(finding.detail)}", soft_wrap=True)
    results.print(f"  Fix: {escape(finding.fix)}", soft_wrap=True, style="dim")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def print_matrix(declarations: Declarations, personas: Sequence[str], *, as_json: bool) -> None:
    """Who may do what, as declared: tables by verb, then functions and schemas."""
    if as_json:
        print_json(_matrix(declarations, personas))
        return
    tables = plain_table("Table", "Persona", *(verb.capitalize() for verb in TABLE_VERBS))
    for name, table in declarations.tables.items():
        rows = {
            persona: tuple(", ".join(sorted(table.access.get((persona, verb), ()))) or "-" for verb in TABLE_VERBS)
            for persona in personas
        }
        for number, (who, cells) in enumerate(_grouped(rows)):
            tables.add_row(name if number == 0 else "", who, *cells)
    print_table(tables)
    others = plain_table("Function or schema", "Who may execute or look into it")
    for name, whom in (*declarations.functions.items(), *declarations.schemas.items()):
        asked = [persona for persona in personas if persona in whom]
        if asked:
            others.add_row(escape(name), _named(asked))
    results.print()
    print_table(others)


def _matrix(declarations: Declarations, personas: Sequence[str]) -> dict[str, object]:
    return {
        "tables": {
            name: {
                persona: {verb: sorted(table.access.get((persona, verb), ())) for verb in TABLE_VERBS}
                for persona in personas
            }
            for name, table in declarations.tables.items()
        },
        "functions": {name: [one for one in personas if one in whom] for name, whom in declarations.functions.items()},
        "schemas": {name: [one for one in personas if one in whom] for name, whom in declarations.schemas.items()},
    }


def _grouped(rows: dict[str, tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    """Personas with the same rights on one line; who has none is left out, unless nobody has any."""
    found: dict[tuple[str, ...], list[str]] = {}
    for persona, cells in rows.items():
        found.setdefault(cells, []).append(persona)
    shown = [(_named(whom), cells) for cells, whom in found.items() if set(cells) != {"-"}]
    return shown or [("nobody", next(iter(found)))]


def _named(personas: Sequence[str]) -> str:
    if set(personas) == set(NAMES):
        return "everyone"
    if set(USERS) <= set(personas):
        return ", ".join(["every user", *(one for one in personas if one not in USERS)])
    others = [user for user in USERS if user not in personas]
    if len(personas) > len(others) and set(personas) <= set(USERS):
        return f"every user but {', '.join(others)}"
    return ", ".join(personas)
