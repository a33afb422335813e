"""Lines in the order in which a person reads them: rows, columns of running text, pages that slope."""

import time

import pytest

from medtime_backend.ocr.engines.engine import Line
from medtime_backend.ocr.engines.reading_order import in_order
from tests.ocr.layouts import LEFT, RIGHT, column, written

SLOPES = pytest.mark.parametrize("slope", [-6.0, -2.0, 0.0, 2.0, 6.0])
HEADER = (0, 0, "Hospital General de la Ciudad, servicio de medicina interna y consulta externa")
FOOTER = (0, 300, "Acuda a urgencias si presenta fiebre alta, vómito o cualquier reacción alérgica")


def order(texts: list[tuple[float, float, str]], slope: float = 0.0) -> list[str]:
    return [line.text for line in in_order([(box, Line(text, 0.9)) for box, text in written(texts, slope)])]


@SLOPES
def test_boxes_of_a_row_are_one_line(slope: float) -> None:
    texts = [(300.0, 102.0, "Refills: 2"), (10.0, 100.0, "Disp: #60"), (10.0, 10.0, "Rx"), (10.0, 130.0, "end")]
    assert order(texts, slope) == ["Rx", "Disp: #60 Refills: 2", "end"]
    assert in_order([]) == []


def test_a_row_is_as_sure_as_its_least_sure_box() -> None:
    placed = written([(0, 0, "Disp: #60"), (300, 0, "Refills: 2")])
    lines = [(box, Line(text, 0.5 if text == "Disp: #60" else 0.9)) for box, text in placed]
    assert in_order(lines) == [Line("Disp: #60 Refills: 2", 0.5)]


@SLOPES
def test_a_page_that_slopes_is_read_line_by_line(slope: float) -> None:
    """The end of each line is lower than the next one's beginning."""
    texts = [(x, 24.0 * row, f"{row} {x:.0f}") for row in range(8) for x in (0.0, 400.0, 800.0)]
    assert order(texts, slope) == [f"{row} 0 {row} 400 {row} 800" for row in range(8)]


@SLOPES
@pytest.mark.parametrize("shift", [0.0, 13.0])
def test_two_columns_between_a_header_and_a_footer(slope: float, shift: float) -> None:
    texts = [HEADER, *column(0, 60, LEFT), *column(420, 60 + shift, RIGHT), FOOTER]
    assert order(texts, slope) == [HEADER[2], *LEFT, *RIGHT, FOOTER[2]]


def test_three_columns() -> None:
    third = tuple(text.replace("e", "i") for text in RIGHT)
    texts = [*column(0, 0, LEFT), *column(360, 0, RIGHT), *column(720, 0, third)]
    assert order(texts) == [*LEFT, *RIGHT, *third]


def test_columns_that_do_not_stand_level_need_not_be_filled() -> None:
    left = ("Metformina 850 mg", "Losartán potásico 50 mg tabletas", "Ácido fólico 5 mg")
    right = ("Tome una tableta cada doce horas", "Tome una en la noche", "Tome una al día")
    texts = [*column(0, 0, left), *column(400, 13, right)]
    assert order(texts) == [*left, *right]


@SLOPES
def test_a_table_is_read_by_rows(slope: float) -> None:
    """Each drug with how to take it, however long both are."""
    drugs = ("Metformina 850 mg", "Losartán potásico 50 mg tabletas", "Ácido fólico 5 mg", "Omeprazol 20 mg cápsulas")
    doses = (
        "1 tableta cada 12 horas por 30 días",
        "1 tableta cada 24 h",
        "1 al día",
        "1 cápsula en ayunas por 14 días",
    )
    texts = [HEADER, *column(0, 60, drugs, 40), *column(420, 62, doses, 40), FOOTER]
    assert order(texts, slope) == [
        HEADER[2], *(f"{drug} {dose}" for drug, dose in zip(drugs, doses, strict=True)), FOOTER[2],
    ]  # fmt: skip


def test_labels_and_their_values_are_rows() -> None:
    labels, values = ("Paciente:", "Edad:", "Fecha:"), ("María del Carmen López Hernández", "54 años", "12/11/2026")
    assert order([*column(0, 0, labels), *column(200, 0, values)]) == [
        f"{label} {value}" for label, value in zip(labels, values, strict=True)
    ]


def test_a_page_full_of_words_takes_little_time() -> None:
    texts = [(40.0 * x, 24.0 * y, f"{y:02}{x:02}") for y in range(40) for x in range(20)]
    begun = time.process_time()
    assert len(order(texts)) == 40
    assert time.process_time() - begun < 10
