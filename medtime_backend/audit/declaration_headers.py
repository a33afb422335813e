"""The comments that a file of `policies/` begins with: entries, and a table of who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from medtime_backend.audit.declarations import DeclarationError

KEYS: Final = ("rows belong to", "columns", "triggers", "sample")


def header_of(path: Path) -> Mapping[str, str]:
    """The entries `-- key: value` of the comments a file begins with; further lines of a value are indented."""
    found: dict[str, str] = {}
    key = ""
    for line in _comments(path):
        entry = re.fullmatch(rf"-- ({'|'.join(KEYS)}): (.*)", line)
        if entry:
            key = entry[1]
            found[key] = entry[2].strip()
        elif key and line.startswith("--   "):
            found[key] += " " + line[5:].strip()
        else:
            key = ""
    return found


def matrix_of(path: Path, *columns: str) -> Iterator[list[str]]:
    """The rows below the headings of the table in a file's header. Raises DeclarationError where there is none."""
    rows = [[cell.strip() for cell in line[4:].strip(" |").split("|")] for line in _comments(path) if line[3:4] == "|"]
    if not rows or rows[0] != list(columns):
        raise DeclarationError(f"{path.name} has no table with the columns {', '.join(columns)} in its header.")
    for row in rows[2:]:
        if len(row) != len(columns):
            raise DeclarationError(f"{path.name} has a row of {len(row)} instead of {len(columns)} cells: {row[0]}.")
        yield row


def _comments(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            return
        yield line
