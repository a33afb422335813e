"""EMA's files are read by meaning, whatever their layout and language (C10)."""

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.readers.ema import read
from tests.catalog.sheets import EMA_HEADER, FILES, ema_row, read_all, write, write_json

SHARED = os.environ.get("MEDTIME_SHARED_DATA")
REAL = pytest.mark.skipif(not SHARED, reason="MEDTIME_SHARED_DATA does not name the directory of the full files")
OLD, NEW = "catalog/ema/old_report_2018-12-23.xlsx", "catalog/ema/report_2026-03-14.xlsx"
STATUSES_2026 = {
    "active": 1548,
    "withdrawn": 343,
    "cancelled": 263,
    "refused": 61,
    "expired": 43,
    "pending": 24,
    "revoked": 8,
    "suspended": 1,
}


@REAL
def test_the_full_old_report_has_exactly_its_human_medicines() -> None:
    records, reading = read_all(read, Path(str(SHARED)) / OLD)
    assert (len(records), reading.left_out, reading.rejects) == (1334, {"veterinary": 228}, [])
    assert Counter(one.status for one in records) == {"active": 1078, "withdrawn": 212, "refused": 44}
    assert reading.released_on == date(2018, 12, 23)


@REAL
def test_the_full_new_report_and_its_json_edition_are_the_same(tmp_path: Path) -> None:
    records, reading = read_all(read, Path(str(SHARED)) / NEW)
    assert (len(records), reading.left_out, reading.rejects) == (2291, {"veterinary": 382}, [])
    assert Counter(one.status for one in records) == STATUSES_2026
    assert reading.released_on == date(2026, 3, 14)
    rows = CalamineWorkbook.from_path(Path(str(SHARED)) / NEW).get_sheet_by_index(0).to_python()[8:]
    rows = [[int(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    again, tally = read_all(read, write_json(tmp_path / "medicines.json", rows))
    assert (again, tally.left_out, tally.released_on) == (records, reading.left_out, reading.released_on)


@pytest.mark.parametrize(
    ("file", "human", "veterinary", "day"),
    [("ema_2018.csv", 108, 12, date(2018, 12, 23)), ("ema_2026.csv", 117, 3, date(2026, 3, 14))],
)
def test_c10_both_layouts_are_read_with_preamble_and_padding(file: str, human: int, veterinary: int, day: date) -> None:
    records, reading = read_all(read, FILES / file)
    assert (len(records), reading.left_out["veterinary"], reading.rejects) == (human, veterinary, [])
    assert reading.released_on == day
    assert all(one.ingredients and one.codes[0].system == "ema" for one in records if one.status == "active")


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("Sí", "No"),
        ("Oui", "Non"),
        ("Da", "Ne"),
        ("Ja", "Nein"),
        ("\u039d\u03b1\u03b9", "\u038c\u03c7\u03b9"),
        ("TRUE", "FALSE"),
        ("Igen", "Nem"),
    ],
)
def test_c10_booleans_of_any_language_are_read(tmp_path: Path, yes: str, no: str) -> None:
    rows = [ema_row(1, Generic=yes), ema_row(2, Generic=no), ema_row(3, Generic="")]
    records, _ = read_all(read, write(tmp_path / "f.csv", EMA_HEADER, *rows))
    assert [one.details.get("generic") for one in records] == [True, False, None]


def test_c10_renamed_headers_are_read_by_meaning(tmp_path: Path) -> None:
    renamed = [
        *("Category ", "Medicine name", "Product\nnumber", "Authorisation status", "INN / common name"),
        *("Active substance(s)", "ATC code", "Generic or hybrid", "Date of marketing authorization", "Lapse date"),
    ]
    records, _ = read_all(read, write(tmp_path / "f.csv", [*renamed, *[""] * 900], ema_row(Generic="Yes")))
    assert (records[0].details["generic"], records[0].status_on) == (True, date(2014, 12, 7))


def test_dates_in_either_order_are_told_apart(tmp_path: Path) -> None:
    day = "Marketing authorisation date"
    for dates in (("03/04/2020", "25/12/2020"), ("04/03/2020", "12/25/2020"), ("2020-04-03", "2020-12-25")):
        rows = [ema_row(number, **{day: text}) for number, text in enumerate(dates)]
        records, _ = read_all(read, write(tmp_path / "f.csv", EMA_HEADER, *rows))
        assert [one.status_on for one in records] == [date(2020, 4, 3), date(2020, 12, 25)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Medicine status": "Perhaps"}, "the status 'Perhaps' is not known"),
        ({"Generic": "maybe"}, "Generic: 'maybe' is neither yes nor no"),
        ({"Marketing authorisation date": "31/02/2020"}, "'31/02/2020' is a date that no calendar has"),
        ({"EMA product number": ""}, "no product number"),
        ({"Name of medicine": "."}, "no name"),
        ({"EMA product number": "EMEA/H/C/000001"}, "the number EMEA/H/C/000001 is that of line 2"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_by_line_and_reason(
    tmp_path: Path, given: dict[str, str], reason: str
) -> None:
    path = write(tmp_path / "f.csv", EMA_HEADER, ema_row(1), ema_row(2, **given), ema_row(3))
    records, reading = read_all(read, path)
    assert len(records) == 2
    assert [(one.line, one.reason) for one in reading.rejects] == [(3, reason)]


def test_a_missing_column_is_named_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="has no column 'Medicine status'; it has: Category, Name of medicine"):
        read_all(read, write(tmp_path / "f.csv", EMA_HEADER[:3] + EMA_HEADER[4:], ema_row()))


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"PK\x03\x04 cut off", b"", b'{"data": [', b"%PDF-1.7"])
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(CatalogError):
        read_all(read, tmp_path / "f")
