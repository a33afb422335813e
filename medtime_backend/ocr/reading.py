"""From lines to the answer that is sealed: the one place where the prescription parser is called."""

from collections.abc import Sequence

import msgspec

from medtime_backend.ocr.engines.engine import Line
from medtime_backend.ocr.limits import PADDING_BYTES
from medtime_backend.prescriptions import TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex

FIRST = "Tomar 1 tableta cada 8 horas"
"""Read once in the warmed parent: the parser builds its grammar at its first use."""


class Reader:
    """Knows the catalog's names; made once, in the warmed parent."""

    def __init__(self, drugs: bytes) -> None:
        self._names = DrugIndex.from_pairs(msgspec.json.decode(drugs, type=list[tuple[str, str | None]]))
        read_prescription(FIRST, self._names)

    def answer(self, lines: Sequence[Line], engine: str) -> bytes:
        """The answer's JSON, padded with blanks: the lines, and what they mean as a prescription."""
        prescription = read_prescription([TextLine(line.text, line.confidence) for line in lines], self._names)
        content = msgspec.json.encode({"engine": engine, "lines": lines, "prescription": prescription})
        return content + b" " * (-len(content) % PADDING_BYTES)
