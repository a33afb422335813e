"""What comes of reading a file beside its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from medtime_backend.catalog.records import Rejected

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: not known)."""

MOST_REJECTS = 10_000
"""Kept with their reasons; all are counted."""


class UnreadableLine(ValueError):  # noqa: N818 - it becomes a Rejected, not a problem of the program
    """A line cannot be read; the text is the reason."""


@dataclass
class Reading:
    """The tally of one reading: what was left out on purpose, what could not be read, and of when the file is."""

    released_on: date | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    rejects: list[Rejected] = field(default_factory=list)
    rejected: int = 0

    def reject(self, line: int, reason: str, file: str = "") -> None:
        """Note a line that cannot be read."""
        self.rejected += 1
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(Rejected(line, reason, file))
