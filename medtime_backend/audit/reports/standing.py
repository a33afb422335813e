"""Which findings are about which cell, and how a cell stands once suppressions are counted."""

from __future__ import annotations

from typing import Literal

from medtime_backend.audit.findings import Audit, Cell, Finding, Suppressed

Standing = Literal["as declared", "finding", "could not check", "accepted"]
Place = tuple[str, str, str]
"""Object, persona, verb."""


def place_of(item: Cell | Finding) -> Place:
    """Where in the matrix this is; persona and verb are empty for a fault of the whole object."""
    return item.object, item.persona, item.verb


class Standings:
    """The findings of an audit by their place in its matrix."""

    def __init__(self, audit: Audit) -> None:
        self._findings: dict[Place, list[Finding]] = {}
        self._suppressed: dict[Place, list[Suppressed]] = {}
        for finding in audit.findings:
            self._findings.setdefault(place_of(finding), []).append(finding)
        for suppressed in audit.suppressed:
            self._suppressed.setdefault(place_of(suppressed.finding), []).append(suppressed)
        self._places = {place_of(cell) for cell in audit.cells}

    def findings(self, cell: Cell) -> list[Finding]:
        """The findings that nobody has accepted at this cell."""
        return self._findings.get(place_of(cell), [])

    def suppressed(self, cell: Cell) -> list[Suppressed]:
        """The accepted findings at this cell."""
        return self._suppressed.get(place_of(cell), [])

    def of(self, cell: Cell) -> Standing:
        """How the cell stands: `accepted` when all that was found there is suppressed."""
        if self.findings(cell):
            return "finding"
        if cell.verdict != "could not check" and self.suppressed(cell):
            return "accepted"
        return cell.verdict

    def elsewhere(self, finding: Finding) -> bool:
        """Whether no cell shows this finding: it is about an object as a whole, or about none of the matrix."""
        return place_of(finding) not in self._places
