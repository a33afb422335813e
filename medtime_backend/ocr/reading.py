"""From lines to the answer that is sealed: the one place where the prescription parser is called."""

from collections.abc import Sequence

import msgspec

from medtime_backend.ocr.engines.engine import Line
from medtime_backend.ocr.limits import PADDING_BYTES


class Reader:
    """Knows the catalog's names; made once, in the warmed parent."""

    def __init__(self, drugs: bytes) -> None:
        self._drugs = drugs

    def answer(self, lines: Sequence[Line], engine: str) -> bytes:
        """The answer's JSON, padded with blanks: the lines, and what they mean as a prescription."""
        content = msgspec.json.encode({"engine": engine, "lines": lines})
        return content + b" " * (-len(content) % PADDING_BYTES)
