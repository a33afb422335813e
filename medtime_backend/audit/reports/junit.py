"""The audit as JUnit XML: what every CI can show, a test case for each cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree as ET

from medtime_backend.audit.findings import Audit, Cell, Finding, Suppressed
from medtime_backend.audit.reports.standing import Standings

# XML 1.0 has no way to write these, not even escaped; an object's name may hold them.
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render_junit(audit: Audit) -> str:
    """The audit as a JUnit document: a suite per object, one for findings about no cell, one for what went unchecked.

    A finding is a failure, an accepted one is skipped, what could not be checked is an error.
    """
    standings = Standings(audit)
    suites = [
        _suite(name, [_cell(cell, standings) for cell in cells])
        for name, cells in groupby(sorted(audit.cells, key=lambda cell: cell.object), key=lambda cell: cell.object)
    ]
    suites += [_suite("rules", cases) for cases in [list(_rules(audit, standings))] if cases]
    suites += [_suite("could not check", cases) for cases in [list(_unchecked(audit))] if cases]
    root = ET.Element("testsuites", name="medtime policies audit", time=f"{audit.seconds:.3f}")
    root.attrib.update(_sums(suites))
    for suite in suites:
        suite.set("timestamp", audit.started_at.isoformat(timespec="seconds"))
        suite.set("hostname", _clean(audit.database))
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _cell(cell: Cell, standings: Standings) -> ET.Element:
    case = _case(cell.object, f"{cell.persona}: {cell.verb}")
    told = f"{cell.outcome}: {cell.message}" if cell.message else cell.outcome
    standing = standings.of(cell)
    if standing == "could not check":
        _add(case, "error", told, "could-not-check", cell.sql)
    elif standing == "accepted":
        for suppressed in standings.suppressed(cell)[:1]:
            _add_suppressed(case, suppressed)
    elif standing == "finding":
        for finding in standings.findings(cell):
            _add_failure(case, finding)
        if not standings.findings(cell):
            differs = f"declared {_rows(cell.declared)}, seen {_rows(cell.seen)} ({told})"
            _add(case, "failure", differs, "finding", cell.sql)
    return case


def _rules(audit: Audit, standings: Standings) -> Iterator[ET.Element]:
    """The findings that no cell shows."""
    for finding in filter(standings.elsewhere, audit.findings):
        case = _case(finding.rule, finding.id)
        _add_failure(case, finding)
        yield case
    for suppressed in audit.suppressed:
        if standings.elsewhere(suppressed.finding):
            case = _case(suppressed.finding.rule, suppressed.finding.id)
            _add_suppressed(case, suppressed)
            yield case


def _unchecked(audit: Audit) -> Iterator[ET.Element]:
    for unchecked in audit.unchecked:
        case = _case("could not check", unchecked.what)
        _add(case, "error", unchecked.reason, "could-not-check", "")
        yield case


def _add_failure(case: ET.Element, finding: Finding) -> None:
    text = f"{finding.id}\n\n{finding.detail}\n\nShow it:\n{finding.reproduction}\n\nFix:\n{finding.fix}\n"
    _add(case, "failure", f"{finding.title}: {finding.detail}", finding.rule, text)


def _add_suppressed(case: ET.Element, suppressed: Suppressed) -> None:
    _add(case, "skipped", f"{suppressed.finding.title}: accepted until {suppressed.until}: {suppressed.reason}", "", "")


def _add(case: ET.Element, tag: str, message: str, kind: str, text: str) -> None:
    child = ET.SubElement(case, tag, message=_clean(message))
    if kind:
        child.set("type", _clean(kind))
    child.text = _clean(text)


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=_clean(classname), name=_clean(name), time="0")


def _suite(name: str, cases: list[ET.Element]) -> ET.Element:
    found = {plural: sum(case.find(tag) is not None for case in cases) for tag, plural in COUNTED.items()}
    suite = ET.Element("testsuite", name=_clean(name), tests=str(len(cases)))
    suite.attrib.update({plural: str(count) for plural, count in found.items()})
    suite.extend(cases)
    return suite


def _sums(suites: Iterable[ET.Element]) -> dict[str, str]:
    counted = ("tests", "failures", "errors")
    return {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in counted}


def _rows(classes: tuple[str, ...]) -> str:
    return ", ".join(classes) or "nothing"


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
