"""What is accepted, why, and until when."""

from datetime import date
from pathlib import Path

import pytest

from medtime_backend.audit.findings import Finding
from medtime_backend.audit.suppressions import SuppressionError, read_suppressions, suppress

TODAY = date(2026, 11, 25)
GOOD = """
[[suppression]]
finding = "grant-option:public.x"
reason = "The exporter hands it on to its own readers."
until = 2026-12-31
"""


def finding(rule: str, object_: str) -> Finding:
    return Finding(rule, object_, "error", "t", "d", "r", "f")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "suppressions.toml"


def test_a_finding_is_accepted_by_its_id(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    mine, other = finding("grant-option", "public.x"), finding("grant-option", "public.xy")
    still_open, accepted, unused = suppress([mine, other], read_suppressions(file, TODAY))
    assert still_open == (other,)
    assert [(one.finding, one.until) for one in accepted] == [(mine, "2026-12-31")]
    assert unused == ()


def test_a_star_stands_for_anything_and_an_unused_one_is_told(file: Path) -> None:
    file.write_text(GOOD.replace("public.x", "public.*") + GOOD.replace("public.x", "gone"), encoding="utf-8")
    still_open, accepted, unused = suppress([finding("grant-option", "public.a")], read_suppressions(file, TODAY))
    assert (still_open, len(accepted)) == ((), 1)
    assert [one.finding for one in unused] == ["grant-option:gone"]


def test_it_holds_to_the_end_of_its_last_day(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    assert read_suppressions(file, date(2026, 12, 31))
    with pytest.raises(SuppressionError, match="has ended on 2026-12-31"):
        read_suppressions(file, date(2027, 1, 1))


def test_no_file_is_no_suppression(file: Path) -> None:
    assert read_suppressions(file, TODAY) == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("The exporter hands it on to its own readers.", "", "has no reason"),
        ("The exporter hands it on to its own readers.", "ok", "has no reason"),
        ('reason = "The exporter hands it on to its own readers."', "", "cannot be read"),
        ("until = 2026-12-31", "", "cannot be read"),
        ("until = 2026-12-31", 'until = "never"', "cannot be read"),
        ("grant-option:public.x", "*", "names no finding"),
        ("reason =", "why =", "cannot be read"),
        ("[[suppression]]", "[[suppression", "cannot be read"),
    ],
)
def test_a_suppression_lacking_something_is_refused(file: Path, before: str, after: str, said: str) -> None:
    file.write_text(GOOD.replace(before, after), encoding="utf-8")
    with pytest.raises(SuppressionError, match=said):
        read_suppressions(file, TODAY)
