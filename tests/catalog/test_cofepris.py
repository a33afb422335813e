"""COFEPRIS's register is read as published, with its oddities (C9)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from medtime_backend.catalog.readers.cofepris import read
from medtime_backend.catalog.records import Record
from tests.catalog.sheets import COFEPRIS_HEADER, FILES, cofepris_row, read_all, write


def one(tmp_path: Path, **given: str) -> Record:
    records, reading = read_all(read, write(tmp_path / "f.csv", COFEPRIS_HEADER, cofepris_row(**given)))
    assert reading.rejects == []
    return records[0]


def test_the_published_rows_are_read() -> None:
    records, reading = read_all(read, FILES / "cofepris.xlsx")
    assert [(r.id, r.status, len(r.ingredients)) for r in records] == [
        ("cofepris:363M2018-SSA", "active", 1),
        ("cofepris:004M2020-SSA", "cancelled", 2),
        ("cofepris:305M2018-SSA", "active", 3),
    ]
    assert (reading.rejects, records[0].route, records[0].details["prescription"]) == ([], "SUBLINGUAL", True)
    assert records[2].details["prescription"] is False
    assert [c.code for c in records[0].codes] == ["363M2018 SSA", "M01AB15"]


@pytest.mark.parametrize(
    "header",
    [
        [
            *("No. de Registro Sanitario", "Nombre Comercial", "Fecha de expedición", "Fecha de prórroga", "Estatus"),
            *("FORMA FARMACÉUTICA ", "Nombre genérico", "Vía de Administración", "Concentración", "Clave ATC"),
        ],
        [
            *("NUMERO DE REGISTRO", "Marca", "Vigencia", "Prorroga", "Situación del\nregistro"),
            *("Forma farmaceutica", "DENOMINACIÓN GENÉRICA", "Via administracion", "Cantidad (mg)", "ATC"),
        ],
    ],
)
def test_headers_are_read_by_meaning_whatever_their_order(tmp_path: Path, header: list[str]) -> None:
    given = {"Forma Farmaceutica": "TABLETA", "Vista Administración": "ORAL", "Sustancia Química": "M01AB15 Ketorolaco"}
    row = cofepris_row(**given)
    expected, _ = read_all(read, write(tmp_path / "a.csv", COFEPRIS_HEADER, row))
    found, reading = read_all(read, write(tmp_path / "b.csv", ["Folio", *header[::-1]], ["1", *row[::-1]]))
    assert (found, reading.rejects) == (expected, [])
    assert (found[0].form, found[0].route, found[0].codes[1].code) == ("TABLETA", "ORAL", "M01AB15")


def test_c9_empty_slots_are_no_ingredients_and_a_salt_is_told_from_its_base(tmp_path: Path) -> None:
    record = one(tmp_path)
    assert [i.name for i in record.ingredients] == ["Ketorolaco trometamina"]
    assert record.salts == (("KETOROLACO", "Ketorolaco trometamina"),)


def test_c9_a_brand_of_a_dot_is_none_and_the_generic_name_is_shown(tmp_path: Path) -> None:
    record = one(tmp_path, **{"Denominación Distintiva": "."})
    assert (record.brand, record.name) == (None, "KETOROLACO")


def test_c9_two_strengths_in_a_cell_are_two(tmp_path: Path) -> None:
    record = one(tmp_path, Cantidad="Ketorolaco 10.000 mg\nKetorolaco 30.000 mg")
    assert [i.strength.amount for i in record.ingredients if i.strength] == [Decimal(10), Decimal(30)]


def test_c9_spanish_dates_are_read_and_the_renewal_counts(tmp_path: Path) -> None:
    record = one(tmp_path)
    assert (record.status_on, record.details["valid_until"]) == (date(2018, 8, 8), "2024-08-09")
    renewed = one(tmp_path, **{"Fecha Expedición Vigencia Prorroga": "15 de Marzo de 2024 / 15 de Marzo de 2029"})
    assert (renewed.status_on, renewed.details["valid_until"]) == (date(2024, 3, 15), "2029-03-15")


def test_c9_a_revoked_registration_is_kept_as_such(tmp_path: Path) -> None:
    assert one(tmp_path, Estado="REVOCADO").status == "revoked"


def test_c9_the_same_number_twice_is_left_out_or_told(tmp_path: Path) -> None:
    rows = [cofepris_row(), cofepris_row(), cofepris_row(Estado="CANCELADO")]
    records, reading = read_all(read, write(tmp_path / "f.csv", COFEPRIS_HEADER, *rows))
    assert (len(records), reading.left_out) == (1, {"duplicate": 1})
    assert [(r.line, "is that of line 2" in r.reason) for r in reading.rejects] == [(4, True)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Denominación Distintiva": "-", "Denominacion Generica": "/ / / ", "Cantidad": ""}, "neither a brand nor"),
        ({"number": " "}, "no registration number"),
        ({"Estado": "QUIZÁS"}, "the status 'QUIZÁS' is not known"),
        ({"Fecha Expedición Vigencia": "31 de Febrero de 2020"}, "no calendar has"),
    ],
)
def test_c9_what_cannot_be_read_is_rejected_with_the_reason(tmp_path: Path, given: dict[str, str], reason: str) -> None:
    path = write(tmp_path / "f.csv", COFEPRIS_HEADER, cofepris_row("9"), cofepris_row(**given))
    records, reading = read_all(read, path)
    assert len(records) == 1
    assert [(r.line, reason in r.reason) for r in reading.rejects] == [(3, True)]
