"""Whole prescriptions: what is a medication, which lines belong to it, and what is neither."""

import json
from pathlib import Path

import pytest

from medtime_backend.prescriptions import TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from tests.prescriptions.scoring import values_of

TRUTHS = {
    "rx0": [
        "metformina | 850 mg | 1 tablet | q12h | 30 d",
        "losartan | 50 mg | 1-0-1",
        "paracetamol | 500 mg | oral | q8h | 5 d",
    ],
    "rx1": [
        "levotiroxina | 100 ug | 0.5 tablet | 1/d",
        "salbutamol | 100 ug/dose | 2 puff | q6h | yes",
        "amoxicilina acido clavulanico | 875/125 mg | oral | 1 tablet | q12h | 7 d",
    ],
    "rx2": [
        "omeprazol | 20 mg | 1 capsule | 1/d | 28 d",
        "insulina glargina | 100 IU/mL | subcutaneous | 18 IU | 1/d",
        "ibuprofeno | 2 % | 5 mL | q8h | yes",
        "albendazol | 400 mg | once",
    ],
    "rx3": [
        "metformin | 850 mg | oral | 1 tablet | 2/d | 30 d",
        "lisinopril | 10 mg | oral | 1 tablet | 1/d",
        "hydrocodone apap | 5/325 mg | oral | 1-2 tablet | q4-6h | yes",
        "amoxicillin | 250 mg/5 mL | oral | 7.5 mL | 3/d | 10 d",
    ],
}
NOISE = """Dr. Pedro Páramo, Cardiología
Céd. Prof. 7654321 Tel. 55 1234 5678
Paciente: Rosa Benítez Edad: 45 años Peso: 70 kg TA 120/80
Fecha: 12-05-2024
Dx: Hipertensión arterial
Glucosa 110 mg/dL
Av. Insurgentes 1234, Col. Roma
Próxima cita en 30 días
Dieta baja en sal
Suspender si hay mareo
Acudir a urgencias si fiebre
Patient: John Smith DOB: 01/02/1970
Follow up in 2 weeks
Call if fever
Firma"""


@pytest.mark.parametrize("name", TRUTHS)
def test_the_true_texts_of_the_images_are_read(name: str, shared: Path, drugs: DrugIndex) -> None:
    truths = json.loads((shared / "prescriptions/images/ground_truth.json").read_text(encoding="utf-8"))
    read = read_prescription(truths[f"{name}_dejavu_clean.png"]["text"], drugs)
    assert [" | ".join(value for _, value in values_of(one)) for one in read.medications] == TRUTHS[name]


@pytest.mark.parametrize("line", NOISE.splitlines())
def test_what_is_around_the_medications_is_none(line: str, drugs: DrugIndex) -> None:
    read = read_prescription(line, drugs)
    assert read.medications == []
    assert read.unread == [line]


def test_what_is_around_changes_nothing(drugs: DrugIndex) -> None:
    alone = read_prescription("Losartán 50 mg\n1 tab c/24 h", drugs).medications
    around = read_prescription(f"{NOISE}\nLosartán 50 mg\n1 tab c/24 h\n{NOISE}", drugs)
    assert around.medications == alone
    assert around.unread == NOISE.splitlines() * 2


@pytest.mark.parametrize("mark", ["1) ", "1. ", "(1) ", "1.- ", "- ", "• ", "* ", "Rx: ", "Rx ", "Rp. "])
def test_numbers_bullets_and_labels_are_no_part(mark: str, drugs: DrugIndex) -> None:
    read = read_prescription(f"{mark}Xolutrex 50 mg tabletas\nTomar 1 tableta cada 12 horas", drugs)
    (medication,) = read.medications
    assert (medication.drug, medication.form) == ("Xolutrex", "tablet")
    assert [value for name, value in values_of(medication) if name in {"dose", "frequency"}] == ["1 tablet", "q12h"]


def test_labelled_lines_belong_to_the_medication_above(drugs: DrugIndex) -> None:
    text = "Rx: Metformin 500 mg tablets\nSig: 1 tab PO BID\nDisp: #60\nRefills: 2\nLisinopril 10 mg\nSig: 1 tab PO QD"
    first, second = read_prescription(text, drugs).medications
    assert (first.drug, first.quantity and first.quantity.amount, first.refills) == ("Metformin", 60, 2)
    assert (second.drug, second.raw) == ("Lisinopril", "Lisinopril 10 mg\nSig: 1 tab PO QD")


def test_a_phrase_may_go_over_the_end_of_a_line(drugs: DrugIndex) -> None:
    (medication,) = read_prescription("Losartán 50 mg\nTomar 1 tableta cada\n12 horas por 7\ndías", drugs).medications
    assert [value for _, value in values_of(medication)] == ["losartan", "50 mg", "1 tablet", "q12h", "7 d"]


def test_two_medications_in_one_line(drugs: DrugIndex) -> None:
    first, second = read_prescription("Metformina 850 mg 1-0-1 Losartán 50 mg 1-0-0", drugs).medications
    assert (first.drug, second.drug) == ("Metformina", "Losartán")
    assert first.raw == "Metformina 850 mg 1-0-1"


def test_the_least_certain_line_counts(drugs: DrugIndex) -> None:
    lines = [TextLine("Losartán 50 mg", 0.9), TextLine("1 tab c/24 h", 0.5)]
    sure = read_prescription("Losartán 50 mg\n1 tab c/24 h", drugs).medications[0].confidence
    assert read_prescription(lines, drugs).medications[0].confidence == round(sure * 0.5, 3)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "xyzzy", "¿?", "lorem ipsum dolor sit amet", "agua", "3", "mg", "12 mg/dL"]
)
def test_unknown_text_is_raw(text: str, drugs: DrugIndex) -> None:
    read = read_prescription(text, drugs)
    assert read.medications == []
    assert read.unread == [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "Tomar con agua",
        "No tomar con leche",
        "1.000 mg",
        "Vitamina 1.000 UI diario",
        "1 tab con agua",
        "take with water",
        "M-V 1 tab",
    ],
)
def test_nothing_is_guessed(text: str, drugs: DrugIndex) -> None:
    """Water is no drug, 1.000 is one here and a thousand there, M is Tuesday or Wednesday."""
    for medication in read_prescription(text, drugs).medications:
        values = dict(values_of(medication))
        assert "drug" not in values
        assert "strength" not in values
        assert values.get("frequency") in {None, "1/d"}


@pytest.mark.parametrize("mark", ["", "2.- ", "- "])
def test_an_instruction_below_an_unknown_line_is_not_the_medication_above(mark: str, drugs: DrugIndex) -> None:
    above, unknown = "1.- Atorvastatina 20 mg\n1 tab por la noche", f"{mark}Complejo B inyectable"
    text = f"{above}\n{unknown}\nAplicar 1 ampolleta IM cada tercer día"
    first, second = read_prescription(text, drugs).medications
    assert (first.drug, first.steps, first.route) == ("Atorvastatina", (), None)
    assert (second.drug, second.route, second.raw.splitlines()[0]) == (None, "intramuscular", unknown)


def test_a_note_between_does_not_part_a_medication(drugs: DrugIndex) -> None:
    text = "Metformin 500 mg\nbrand is medically needed\nSig: 1 tab PO BID\nMay substitute\nRefills: 2"
    (medication,) = read_prescription(text, drugs).medications
    assert (medication.drug, medication.refills, medication.route) == ("Metformin", 2, "oral")


def test_units_under_the_skin_are_a_dose(drugs: DrugIndex) -> None:
    (medication,) = read_prescription("Insulina glargina 22 UI SC a las 22:00 h", drugs).medications
    assert medication.strength is None
    assert (medication.dose and medication.dose.low, medication.times) == (22, ("22:00",))
