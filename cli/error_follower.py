"""Follows a log file and picks what a developer should see at once."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Self

# A level name as the service's and Granian's logs write it, or the start of a Python traceback.
ERROR_LINE = re.compile(r'"level":\s*"(error|critical)"|\[(error\s*|critical|ERROR|CRITICAL)\]|^Traceback ')
LINES_AT_ONCE = 50


class ErrorFollower:
    """Reads what is appended to the file from now on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def new_errors(self) -> list[str]:
        """Return the complete lines since the last call that report an error, at most fifty."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        texts = (line.decode(errors="replace") for line in lines)
        return [text for text in texts if ERROR_LINE.search(text)][:LINES_AT_ONCE]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
