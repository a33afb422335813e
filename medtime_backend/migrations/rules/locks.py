"""Long locks, as the program `squawk` sees them; it is used where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.findings import Finding

# Those of its rules that are about locks. Others are about taste, or about timeouts that the runner sets by itself.
LOCK_RULES: Final = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-serial-primary-key-field",
        "ban-concurrent-index-creation-in-transaction",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
        "require-concurrent-index-deletion",
        "require-concurrent-partition-detach",
        "require-concurrent-reindex",
        "setting-not-nullable-field",
    }
)
_SECONDS: Final = 120.0
_FOUND: Final = 1


def find_squawk() -> str | None:
    """The program beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.is_file() else shutil.which("squawk")


def check_locks(migrations: Sequence[Migration], squawk: str) -> Iterator[Finding]:
    """Statements that lock a table for long if it is big. Raises MigrationError where squawk cannot be used."""
    if not migrations:
        return
    files = {str(migration.path): migration for migration in migrations}
    for one in _run(squawk, list(files)):
        migration = files.get(str(one["file"]))
        if migration and one["rule_name"] in LOCK_RULES:
            line = int(one["line"]) + 1
            number = _statement_at(migration, line)
            yield Finding(
                f"lock/{one['rule_name']}",
                "warning",
                migration.path.name,
                str(one["message"]),
                str(one.get("help") or "Look at how big the table is, and do it in steps."),
                number,
                line,
            )


def _run(squawk: str, paths: list[str]) -> list[dict[str, Any]]:
    # No file of settings: what is checked shall not depend on where the command is typed.
    command = [squawk, "--config", "/dev/null", "--reporter", "json", "--assume-in-transaction", "--", *paths]
    try:
        answer = subprocess.run(  # noqa: S603 - a program of the person's own
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        found = json.loads(answer.stdout) if answer.returncode in {0, _FOUND} else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        found = None
    if not isinstance(found, list):
        raise MigrationError("squawk is installed and cannot be run.")
    return found


def _statement_at(migration: Migration, line: int) -> int | None:
    numbers = [number for number, part in enumerate(migration.parts, start=1) if part.runs and part.line <= line]
    return numbers[-1] if numbers else None
