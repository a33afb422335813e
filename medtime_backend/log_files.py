"""Log files of a directory: a new one each day of UTC, kept for a week.

Each process writes files of its own, named by the day and its id, so that workers need not agree on who turns the page.
"""

import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

KEPT_DAYS = 7
NAME = re.compile(r"medtime-(\d{4}-\d\d-\d\d)\.\d+\.log")


def _today() -> date:
    return datetime.now(UTC).date()


class DailyFiles:
    """Something to print to. What the disk does not take goes to standard error: no request fails for its log."""

    def __init__(self, directory: Path, today: Callable[[], date] = _today) -> None:
        self._directory = directory
        self._today = today
        self._day: date | None = None
        self._file: int | None = None

    def write(self, text: str) -> int:
        """Write to the file of today, at once. Gives the number of characters."""
        try:
            os.write(self._of_today(), text.encode())
        except OSError:
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        self._day = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _of_today(self) -> int:
        day = self._today()
        if self._file is None or day != self._day:
            self.close()
            path = self._directory / f"medtime-{day.isoformat()}.{os.getpid()}.log"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._day = day
            self._remove_old(day)
        return self._file

    def _remove_old(self, day: date) -> None:
        oldest = day - timedelta(days=KEPT_DAYS - 1)
        for path in self._directory.iterdir():
            named = NAME.fullmatch(path.name)
            if named and date.fromisoformat(named[1]) < oldest:
                # Another worker may have been faster.
                path.unlink(missing_ok=True)
