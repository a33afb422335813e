"""Findings of the audit by execution: what each cell that is not as declared means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from medtime_backend.audit.findings import Cell, Finding, Rule
from medtime_backend.audit.object_cells import LEAK
from medtime_backend.audit.probing import BECOME, Echo
from medtime_backend.audit.scripts import from_scratch
from medtime_backend.audit.table_probes import ON_CONFLICT, RETURNING, Question, Subject

UNDECLARED = Rule(
    "undeclared-access",
    "Somebody reaches what policies/ does not grant",
    "error",
    "It was done: the statement ran as this persona and reached these rows.",
    "Take the grant back or mend the policy; if the access is wanted, declare it in policies/ and have it reviewed.",
)
UNDECLARED_COLUMN = Rule(
    "undeclared-column-access",
    "A column can be read or written beyond what policies/ grants",
    "error",
    "A column grant is access to that column of every row the policies let through.",
    "Revoke it: revoke … (column) on table … from …; a grant on the whole table comprises all its columns.",
)
MISSING = Rule(
    "missing-access",
    "Somebody cannot do what policies/ says they may",
    "error",
    "The app will fail for these users, or silently see nothing.",
    "Apply the migrations, or grant what is declared; see the message for what refused it.",
)
RETURNING_REFUSED = Rule(
    "returning-refused",
    "A row can be written but not returned: the SELECT policy is missing",
    "error",
    "INSERT … RETURNING and ON CONFLICT read the row, so they need a SELECT grant and policy that let it through; "
    "Postgres reports that as a violation of WITH CHECK.",
    "Create a SELECT policy for the same rows; do not loosen WITH CHECK.",
)
LEAKS = Rule(
    "function-tells",
    "A function tells of rows that its caller may not read",
    "error",
    "It was called as this persona, and its answer held what only other users' rows hold.",
    "Let it run as its caller, or let it ask private.may_read before it answers.",
)
RULES: Final = (UNDECLARED, UNDECLARED_COLUMN, MISSING, RETURNING_REFUSED, LEAKS)


def table_findings(
    subject: Subject, cells: Sequence[Cell], asked: Sequence[tuple[Question, Echo]]
) -> Iterator[Finding]:
    """What is wrong with one persona's cells of a table, and which columns it has beyond those declared."""
    for cell in cells:
        if cell.verdict == "finding":
            # The line before the last of the cell's script is its statement.
            statement = cell.sql.splitlines()[-2].removesuffix(";")
            yield _finding(*_judge(cell, cells), cell, from_scratch(subject.asker, subject.declaration, statement))
    for question, echo in asked:
        if question.column and not echo.no_grant and echo.state != BECOME:
            yield _undeclared_column(subject, question)


def object_findings(cells: Sequence[Cell]) -> Iterator[Finding]:
    """What is wrong with one persona's cells of what is no table."""
    for cell in cells:
        if cell.verdict == "finding":
            yield _finding(*_judge(cell, cells), cell, cell.sql)


def _undeclared_column(subject: Subject, question: Question) -> Finding:
    persona, table = subject.asker.persona.name, subject.table.name
    return Finding(
        rule=UNDECLARED_COLUMN.slug,
        object=table,
        severity=UNDECLARED_COLUMN.severity,
        title=UNDECLARED_COLUMN.title,
        detail=f"{persona} has {question.verb.upper()} on the column {question.column} of {table}, undeclared.",
        reproduction=from_scratch(subject.asker, subject.declaration, question.sql),
        fix=UNDECLARED_COLUMN.fix,
        persona=persona,
        verb=f"{question.verb} {question.column}",
    )


def _judge(cell: Cell, cells: Sequence[Cell]) -> tuple[Rule, str]:
    beyond = sorted(set(cell.seen) - set(cell.declared))
    who = f"{cell.persona}: {cell.verb.upper()} on {cell.object}"
    if cell.verb == LEAK:
        return LEAKS, f"{cell.object} tells {cell.persona} of {' and '.join(cell.seen)} rows."
    if beyond and cell.kind == "table" and cell.verb != "truncate":
        rows = " and ".join(f"{cell.counts.get(one, 0)} {one}" for one in beyond)
        return UNDECLARED, f"{who} reaches {rows} rows; declared: {', '.join(cell.declared) or 'none'}."
    if beyond:
        return UNDECLARED, f"{who} succeeds; it is not declared."
    plain = next((one for one in cells if one.object == cell.object and one.verb == "insert"), None)
    if cell.verb in {RETURNING, ON_CONFLICT} and plain and plain.verdict == "as declared":
        return RETURNING_REFUSED, f"{who} is refused ({cell.message}), though a plain INSERT succeeds."
    lacking = ", ".join(sorted(set(cell.declared) - set(cell.seen)))
    why = {"no grant": "there is no grant", "filtered": "the policies show none", "policy": "a policy refuses it"}
    return MISSING, f"{who} does not reach {lacking}: {why.get(cell.outcome, cell.message)}."


def _finding(rule: Rule, detail: str, cell: Cell, reproduction: str) -> Finding:
    return Finding(
        rule=rule.slug,
        object=cell.object,
        severity=rule.severity,
        title=rule.title,
        detail=detail,
        reproduction=reproduction,
        fix=rule.fix,
        persona=cell.persona,
        verb=cell.verb,
    )
