"""Where log lines go: standard output, or files of a directory, a new one each day of UTC, kept for a week.

Each process writes files of its own, named by the day, the host and its id, so that neither workers nor instances need
to agree on who turns the page. A line is written at once and whole, or goes to standard error.
"""

import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO

KEPT_DAYS = 7
# The host is not in the names of earlier releases.
NAME = re.compile(r"medtime-(\d{4}-\d\d-\d\d)\.(?:[0-9A-Za-z-]+\.)?\d+\.log")


def _today() -> date:
    return datetime.now(UTC).date()


def _host() -> str:
    """The host's name as a part of a file's: containers that share a directory often have the same process ids."""
    return re.sub(r"[^0-9A-Za-z]+", "-", socket.gethostname()).strip("-")[:63] or "host"


class StandardOutput:
    """Something to print to. When nobody reads it any more, the lines are lost: no request fails for its log."""

    def write(self, text: str) -> int:
        """Write, at once. Gives the number of characters."""
        _print(sys.stdout, text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class DailyFiles:
    """Something to print lines to. What the disk does not take goes to standard error: no request fails for its log."""

    def __init__(self, directory: Path, today: Callable[[], date] = _today) -> None:
        self._directory = directory
        self._today = today
        self._host = _host()
        self._day: date | None = None
        self._file: int | None = None
        self._torn = False
        self._turn = threading.Lock()

    def write(self, text: str) -> int:
        """Write whole lines to the file of today, at once. Gives the number of characters."""
        with self._turn:
            try:
                self._append(text.encode())
            except OSError:
                _print(sys.stderr, text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        self._day = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, line: bytes) -> None:
        file = self._of_today()
        # On a full disk a part of a line may have been taken: the next one must not be joined to it.
        rest = b"\n" + line if self._torn else line
        while rest:
            written = os.write(file, rest)
            rest = rest[written:]
            self._torn = bool(rest)

    def _of_today(self) -> int:
        day = self._today()
        if self._file is None or day != self._day:
            self.close()
            path = self._directory / f"medtime-{day.isoformat()}.{self._host}.{os.getpid()}.log"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._day = day
            self._torn = False
            self._remove_old(day)
        return self._file

    def _remove_old(self, day: date) -> None:
        """Remove what is over. What cannot be removed stays: the line that is to be written is worth more."""
        oldest = day - timedelta(days=KEPT_DAYS - 1)
        with suppress(OSError):
            for path in self._directory.iterdir():
                written = _day_of(path)
                if written is not None and written < oldest:
                    # Another worker may have been faster.
                    with suppress(OSError):
                        path.unlink()


def _day_of(path: Path) -> date | None:
    """The day of one of our files; None for what others have put there."""
    named = NAME.fullmatch(path.name)
    try:
        return date.fromisoformat(named[1]) if named else None
    except ValueError:
        return None


def _print(stream: TextIO, text: str) -> None:
    # ValueError: it was closed. OSError: a pipe that nobody reads.
    with suppress(OSError, ValueError):
        stream.write(text)
        stream.flush()
