"""The statements of the auth server, one in a file of its name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

STATEMENTS = Path(__file__).with_name("statements")


@cache
def statement(name: str) -> str:
    """Return the text of statements/<name>.sql."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
