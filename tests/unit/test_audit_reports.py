"""SARIF, JUnit and the page's data say what the audit says, whatever characters a name has."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import msgspec
import pytest

from medtime_backend.audit.findings import Audit
from medtime_backend.audit.reports import render_junit, render_page, render_sarif
from tests.audit.example import RULES, clean_audit, example_audit, unchecked_audit
from tests.audit.example_extremes import HOSTILE, hostile_audit, large_audit

DENO = str(Path(sys.executable).with_name("deno"))
# Microsoft's own copy of the OASIS schema, in the package with which they test their tools.
SCHEMA = "npm:@microsoft/jest-sarif@1.0.0-beta.0/lib/schemas/sarif-2.1.0-rtm.5.json"
AUDITS = pytest.mark.parametrize("make", [example_audit, clean_audit, unchecked_audit, hostile_audit])
Make = Callable[[], Audit]


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    program = f'import schema from "{SCHEMA}" with {{ type: "json" }}; console.log(JSON.stringify(schema));'
    answer = subprocess.run(  # noqa: S603 - Deno from our environment
        [DENO, "run", "--quiet", "-"], input=program, capture_output=True, text=True, check=False, timeout=120
    )
    if answer.returncode != 0:
        pytest.skip(f"the SARIF schema cannot be fetched from npm: {answer.stderr.strip()[-200:]}")
    # The pattern of a language has a stray bracket, which only loose readers of regular expressions let pass.
    found: dict[str, Any] = json.loads(answer.stdout.replace("{2}]?$", "{2}$"))
    return found


def run_of(audit: Audit, files: dict[str, str] | None = None) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(render_sarif(audit, RULES, files))["runs"][0]
    return run


@AUDITS
def test_sarif_is_valid_by_its_schema(make: Make, schema: dict[str, Any]) -> None:
    log = json.loads(render_sarif(make(), RULES, {"public.srv_sync_status": "policies/srv_sync_status.sql"}))
    problems = [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(log)]
    assert problems == []
    del log["runs"][0]["tool"]
    assert not jsonschema_rs.is_valid(schema, log)


@AUDITS
def test_sarif_rules_have_help_and_results_point_at_them(make: Make) -> None:
    run = run_of(make())
    rules = run["tool"]["driver"]["rules"]
    assert {rule.slug for rule in RULES} <= {rule["id"] for rule in rules}
    assert all(rule["help"]["text"] and rule["fullDescription"]["text"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_results_carry_severity_stable_id_and_object() -> None:
    audit = example_audit()
    undeclared, definer, accepted = run_of(audit)["results"]
    assert [undeclared["level"], accepted["level"]] == ["error", "warning"]
    assert undeclared["partialFingerprints"] == {"medtimeFindingId/v1": audit.findings[0].id}
    assert undeclared["locations"][0]["logicalLocations"] == [
        {"name": "srv_sync_status", "fullyQualifiedName": "public.srv_sync_status", "kind": "table"}
    ]
    assert definer["locations"][0]["logicalLocations"][0]["name"] == "readable_owners"
    assert "suppressions" not in undeclared
    assert accepted["suppressions"][0]["justification"] == audit.suppressed[0].reason
    assert accepted["suppressions"][0]["properties"] == {"until": "2027-06-30"}


def test_sarif_names_the_file_of_a_declared_object() -> None:
    results = run_of(example_audit(), {"public.srv_sync_status": "policies/srv_sync_status.sql"})["results"]
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policies/srv_sync_status.sql"
    assert "physicalLocation" not in results[1]["locations"][0]


def test_sarif_tells_what_could_not_be_checked_as_a_failed_run() -> None:
    (clean,) = run_of(clean_audit())["invocations"]
    assert clean["executionSuccessful"]
    assert clean["toolExecutionNotifications"] == []
    (failed,) = run_of(unchecked_audit())["invocations"]
    assert not failed["executionSuccessful"]
    assert [one["level"] for one in failed["toolExecutionNotifications"]] == ["error", "note"]
    assert "private.owners" in failed["toolExecutionNotifications"][0]["message"]["text"]
    assert failed["startTimeUtc"] < failed["endTimeUtc"]


def outcomes(root: ET.Element) -> Counter[str]:
    return Counter(child.tag for case in root.iter("testcase") for child in case)


@AUDITS
def test_junit_counts_what_it_holds(make: Make) -> None:
    root = ET.fromstring(render_junit(make()).encode())  # noqa: S314 - our own
    suites = root.findall("testsuite")
    for suite in suites:
        found = outcomes(suite)
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == found["failure"]
        assert int(suite.attrib["errors"]) == found["error"]
        assert int(suite.attrib["skipped"]) == found["skipped"]
    assert int(root.attrib["tests"]) == sum(int(suite.attrib["tests"]) for suite in suites)


def test_junit_has_a_case_per_cell_and_per_finding_elsewhere() -> None:
    audit = example_audit()
    root = ET.fromstring(render_junit(audit))  # noqa: S314 - our own
    # The static finding and the accepted one lie in no cell.
    assert len(list(root.iter("testcase"))) == len(audit.cells) + 2
    assert outcomes(root) == {"failure": 2, "skipped": 1}
    case = root.find("testsuite[@name='public.srv_sync_status']/testcase[@name='caregiver revoked: select']")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "undeclared-access"
    assert audit.findings[0].reproduction in (failure.text or "")


def test_junit_makes_errors_of_what_could_not_be_checked() -> None:
    root = ET.fromstring(render_junit(unchecked_audit()))  # noqa: S314 - our own
    # A cell for each persona, and the object that the audit names.
    assert outcomes(root)["error"] == 15 + 1


def test_a_cell_whose_findings_are_all_accepted_is_skipped_and_one_open_finding_fails_it() -> None:
    audit = example_audit()
    finding = audit.findings[0]
    accepted = msgspec.structs.replace(audit.suppressed[0], finding=finding)
    for findings, expected in (((), "skipped"), ((finding,), "failure")):
        changed = msgspec.structs.replace(audit, findings=findings, suppressed=(accepted,))
        root = ET.fromstring(render_junit(changed))  # noqa: S314 - our own
        assert outcomes(root) == {expected: 1}
        standings = {fact[4] for fact in data_of(changed)["facts"]}
        assert standings == {"as declared", "accepted" if expected == "skipped" else "finding"}


def test_junit_keeps_every_character_that_xml_can_hold() -> None:
    root = ET.fromstring(render_junit(hostile_audit()))  # noqa: S314 - our own
    names = {suite.attrib["name"] for suite in root}
    assert {*HOSTILE[:4]} < names
    assert "public.tab\tline\nbell\ufffdend\ufffd[31m" in names


def data_of(audit: Audit) -> dict[str, Any]:
    embedded = re.search(
        r'<script type="application/json" id="audit">(.*?)</script>', render_page(audit, RULES), re.DOTALL
    )
    assert embedded is not None
    data: dict[str, Any] = json.loads(embedded[1])
    return data


@AUDITS
def test_the_page_holds_every_cell_with_its_script(make: Make) -> None:
    audit = make()
    data = data_of(audit)
    assert len(data["cells"]) == len(audit.cells)
    for cell, (name, persona, verb, fact, script) in zip(audit.cells, data["cells"], strict=True):
        assert data["objects"][name] == [cell.object, cell.kind]
        assert (data["personas"][persona], data["verbs"][verb]) == (cell.persona, cell.verb)
        assert data["facts"][fact][5] == cell.message
        assert "\n".join(data["lines"][line] for line in data["scripts"][script]) == cell.sql


def test_the_page_names_no_other_place_and_its_policy_lets_nothing_in() -> None:
    page = render_page(example_audit(), RULES)
    assert "default-src 'none'" in page
    assert re.search(r"(?:src|href)=|@import|url\(", re.sub(r'href="#matrix"', "", page)) is None
    assert "unsafe" not in page


def test_nine_thousand_cells_stay_under_half_a_megabyte() -> None:
    audit = large_audit()
    assert len(audit.cells) == 9_000
    assert len(render_page(audit).encode()) < 500_000
