"""From what probes said to cells and findings: what was reached, against what is declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from medtime_backend.audit.declarations import TableDeclaration
from medtime_backend.audit.findings import Cell
from medtime_backend.audit.probing import BECOME, Echo
from medtime_backend.audit.table_probes import HAND_OVER, ON_CONFLICT, RETURNING, Question, Subject

YES: Final = ("yes",)
NOTHING: Final[tuple[str, ...]] = ()
UNKNOWN_OWNER: Final = "foreign"
ROLE_NOT_TAKEN: Final = "the role could not be taken on"


def declared_for(declaration: TableDeclaration | None, persona: str, verb: str) -> frozenset[str]:
    """The row classes a persona may reach by a verb; the verbs that combine others follow from these."""
    if declaration is None or verb == HAND_OVER:
        return frozenset()
    needed = {RETURNING: ("insert", "select"), ON_CONFLICT: ("insert", "select", "update")}.get(verb, (verb,))
    if verb == ON_CONFLICT and not declaration.access.get((persona, "update")):
        # Without a right to update, ON CONFLICT can only do nothing; it still reads.
        needed = ("insert", "select")
    return frozenset.intersection(*(declaration.access.get((persona, one), frozenset()) for one in needed))


def reached(subject: Subject, question: Question, echo: Echo) -> Counter[str]:
    """How many rows of each class a statement reached."""
    if echo.state != "done":
        passed = echo.refused_by_rule
        return Counter({_class_of(subject, question): 1} if passed else {})
    if not question.watched:
        found: Counter[str] = Counter()
        for owners, amount in echo.answer if isinstance(echo.answer, list) else []:
            known = question.owners or not subject.owners
            found[subject.asker.class_of(tuple(owners)) if known else UNKNOWN_OWNER] += amount
        return found
    if question.row_class:
        return Counter({question.row_class: echo.amount or 1})
    return Counter(subject.asker.class_of(owners) for owners in echo.touched)


def _class_of(subject: Subject, question: Question) -> str:
    return question.row_class or (UNKNOWN_OWNER if subject.owners else "public")


def outcome_of(echoes: Sequence[Echo], *, anything: bool) -> str:
    """One word for what became of a cell's statements."""
    if anything:
        return "rows" if any(echo.state == "done" for echo in echoes) else "rule"
    for word, found in (
        ("recursion", any(echo.recursed for echo in echoes)),
        ("policy", any(echo.refused_by_policy for echo in echoes)),
        ("filtered", any(echo.state == "done" for echo in echoes)),
        ("no grant", any(echo.no_grant for echo in echoes)),
    ):
        if found:
            return word
    return "error"


def fault_of(echoes: Iterable[Echo]) -> str:
    """Why a cell could not be checked, or an empty text."""
    for echo in echoes:
        known = echo.state == "done" or echo.no_grant or echo.refused_by_policy or echo.refused_by_rule or echo.recursed
        if echo.state == BECOME:
            return f"{ROLE_NOT_TAKEN}: {echo.message}"
        if not known:
            return f"{echo.state}: {echo.message}"
    return ""


def table_cell(subject: Subject, verb: str, asked: Sequence[tuple[Question, Echo]]) -> Cell:
    """The cell of a table for a persona and a verb."""
    declared = declared_for(subject.declaration, subject.asker.persona.name, verb)
    if verb == "truncate":
        echo = asked[0][1]
        found = Counter({"yes": 1} if echo.state == "done" or echo.refused_by_rule else {})
    else:
        found = sum((reached(subject, question, echo) for question, echo in asked), Counter())
    echoes = [echo for _, echo in asked]
    fault = fault_of(echoes)
    seen = frozenset(found)
    question, telling = _telling(asked, found)
    return Cell(
        object=subject.table.name,
        kind="table",
        persona=subject.asker.persona.name,
        verb=verb,
        declared=tuple(sorted(declared)),
        seen=tuple(sorted(seen)),
        outcome=outcome_of(echoes, anything=bool(seen)),
        counts=dict(found),
        sql=question.sql,
        verdict="could not check" if fault else "as declared" if seen == declared else "finding",
        message=fault or telling.message,
    )


def _telling(asked: Sequence[tuple[Question, Echo]], found: Counter[str]) -> tuple[Question, Echo]:
    """The question and answer that show the cell best: one that reached something, of somebody else's if there is."""
    reaching = [(question, echo) for question, echo in asked if echo.state == "done" and (echo.touched or echo.amount)]
    others = [pair for pair in reaching if pair[0].row_class != "own"]
    return next(iter((others or reaching) if found else ()), asked[0])
