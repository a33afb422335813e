"""Says what failed, what stays in the database, and how to go on."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.gaps import first_word
from medtime_backend.migrations.journal import Journal
from medtime_backend.migrations.splitting import Statement

# The server has gone, whether it said so or not.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    OSError,
)
_EXCERPT_LINES = 5
_ADVICE = {
    "42501": "This role may not do that: use the one that owns the schema, postgres.",
    "25006": "The database is read-only.",
    "55P04": "A value that is added to an enum can be used by a later file, not by the same one.",
    "57014": "It was cancelled, perhaps by statement_timeout: `set local statement_timeout = 0;` in the file lifts it.",
    "25001": "It cannot run in a transaction, nor alone: give it a file of its own.",
    "2D000": "It ends a transaction; a file and its history row are one.",
}


def failure(journal: Journal, error: asyncpg.PostgresError, *more: str) -> MigrationError:
    """The statement that the server refused."""
    place = _place(journal, error.position)
    advice = _ADVICE.get(error.sqlstate)
    return MigrationError(
        f"{place}: {error.sqlstate} {error.message}.",
        details=(
            *_excerpt(journal),
            *([f"Hint of the server: {error.hint}"] if error.hint else []),
            *([advice] if advice else []),
            *more,
            *outcome(journal),
        ),
    )


def lost(journal: Journal) -> MigrationError:
    """The connection ended in the middle."""
    doubt = (
        "It was being committed, so it may be applied: `medtime migrate status` tells."
        if journal.committing
        else "A statement outside of a transaction may go on in the server: look with `medtime migrate status` first."
        if journal.alone
        else ""
    )
    return MigrationError(
        f"The connection was lost at {_place(journal)}.",
        details=(*([doubt] if doubt else []), *outcome(journal)),
    )


def interrupted(journal: Journal) -> MigrationError:
    """A person pressed Ctrl-C."""
    where = f" at {_place(journal)}" if journal.current else ""
    return MigrationError(f"Interrupted{where}.", details=tuple(outcome(journal)))


def outcome(journal: Journal) -> Iterable[str]:
    """What was applied, what was not, how to go on."""
    current = journal.current
    if current and journal.kept:
        yield (
            f"Of {current.path.name}, statements 1 to {journal.kept} stay, because not all of it can run in one "
            "transaction. The history does not list it. Undo them, or make them repeatable (if not exists), and run "
            "`medtime migrate up` again; or do the rest by hand, then "
            f"`medtime migrate repair {current.version} --status applied`."
        )
    elif current and journal.alone:
        yield (
            f"Statement {journal.number} of {current.path.name} ran outside of a transaction, so a part of its work "
            "may stay; `medtime migrate up` looks for an invalid index first."
        )
    elif current and not journal.committing:
        yield f"Nothing of {current.path.name} stays."
    yield f"Applied in this run: {', '.join(journal.applied) or 'no file'}."
    if not (current and journal.kept):
        yield "`medtime migrate up` goes on from there."


def _place(journal: Journal, position: str | None = None) -> str:
    current = journal.current
    if current is None:
        return "the history"
    if journal.part is None:
        return f"{current.path.name}, its row in the history or its commit"
    return f"{current.path.name}, statement {journal.number}, line {_line(journal.part, position)}"


def _line(part: Statement, position: str | None) -> int:
    """The line of the error where the server gives one, else of the statement's first word."""
    if not (position or "").isdigit():
        return part.line
    start = first_word(part.text)
    return part.line + part.text.count("\n", start, max(start, int(position or 0) - 1))


def _excerpt(journal: Journal) -> list[str]:
    if journal.part is None:
        return []
    text = journal.part.text
    lines = text[first_word(text) :].splitlines()
    return [*lines[:_EXCERPT_LINES], *(["…"] if len(lines) > _EXCERPT_LINES else [])]
