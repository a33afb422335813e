"""The SQL that the runner itself sends, one file per statement."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("statements")


@cache
def statement(name: str) -> str:
    """Return the text of `statements/<name>.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
