"""Prescriptions that others got wrong: O10 to O15 of the cases, and the examples of the issue."""

import pytest

from medtime_backend.prescriptions import read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.records import Repair
from tests.prescriptions.reading import only, said

# What is expected of each text, in the notation of scoring.py.
EXPECTED = {
    "Metformina 850 mg tab, 1 c/12 h x 30 días": {
        "drug": "metformina", "strength": "850 mg", "dose": "1", "frequency": "q12h", "duration": "30 d",
    },
    "Losartán 50 mg 1-0-1": {"drug": "losartan", "strength": "50 mg", "frequency": "1-0-1"},
    "Losartán 50 mg 1-0-1-0": {"drug": "losartan", "strength": "50 mg", "frequency": "1-0-1-0"},
    "1 tab c/8 hrs VO PRN dolor": {"dose": "1 tablet", "frequency": "q8h", "route": "oral", "as needed": "yes"},
    "1 tab VO DU": {"dose": "1 tablet", "frequency": "once", "route": "oral"},
    "1 tab x 3 veces al día x 7 días": {"dose": "1 tablet", "frequency": "3/d", "duration": "7 d"},
    "½ tableta diaria": {"dose": "0.5 tablet", "frequency": "1/d"},
    "1 ½ tableta diaria": {"dose": "1.5 tablet", "frequency": "1/d"},
    "take one tablet po bid x 10d": {"dose": "1 tablet", "route": "oral", "frequency": "2/d", "duration": "10 d"},
    "Take one tablet 2-4 times a day": {"dose": "1 tablet", "frequency": "2-4/d"},
    "take 1 tablet every 12 days": {"dose": "1 tablet", "frequency": "q12d"},
    "1 tab cada tercer día": {"dose": "1 tablet", "frequency": "q2d"},
    "1 tab L-X-V": {"dose": "1 tablet", "frequency": "mon,wed,fri"},
    "5 cc c/8 h": {"dose": "5 mL", "frequency": "q8h"},
    "10 gts c/8 h": {"dose": "10 drop", "frequency": "q8h"},
    "1 cda. c/8 h": {"dose": "1 tablespoon", "frequency": "q8h"},
    "1 amp. IM c/24 h": {"dose": "1 ampoule", "route": "intramuscular", "frequency": "q24h"},
    "1 tab SOS": {"dose": "1 tablet", "as needed": "yes"},
    "Nistatina 100 000 UI VO c/6 h": {
        "drug": "nistatina", "strength": "100000 IU", "route": "oral", "frequency": "q6h",
    },
    "1 tab c/12 h hasta terminar": {"dose": "1 tablet", "frequency": "q12h", "duration": "finished"},
}  # fmt: skip


@pytest.mark.parametrize("text", EXPECTED)
def test_examples_and_o15_what_is_meant_in_mexico(text: str, drugs: DrugIndex) -> None:
    assert {name: "; ".join(values) for name, values in said(text, drugs).items()} == EXPECTED[text]


def test_o15_a_number_sign_is_the_quantity(drugs: DrugIndex) -> None:
    quantity = only("Naproxeno 250 mg #21 1 tab c/8 h", drugs).quantity
    assert quantity is not None
    assert quantity.amount == 21


@pytest.mark.parametrize(
    ("text", "original", "taken"),
    [
        ("Nistatina 100 000 Ul VO c/6 h", "Ul", "IU"),
        ("Paracetamol 500 mg V0 c/8 h", "V0", "oral"),
        ("Paracetamol 5OO mg VO c/8 h", "5OO", "500"),
        ("Paracetamol 50Omg VO c/8 h", "50O", "500"),
        ("Paracetamol 500 rng VO c/8 h", "rng", "mg"),
        ("Levotiroxina 100 \u03bcg diario", "\u03bcg", "ug"),
        ("Metformina 850 mg l tableta diaria", "l", "1"),
        ("{ tableta diaria", "{", "0.5"),
    ],
)
def test_o10_slips_are_repaired_by_the_grammar_and_marked(
    text: str, original: str, taken: str, drugs: DrugIndex
) -> None:
    medication = only(text, drugs)
    assert medication.repairs == (Repair(original=original, taken=taken, why="grammar"),)
    assert medication.confidence < 0.9


def test_o10_without_the_grammars_support_nothing_is_repaired(drugs: DrugIndex) -> None:
    read = read_prescription("Metformina 850 mg 1 tab diaria\nV0\nrng\n{\nl O", drugs)
    assert read.medications[0].repairs == ()
    assert read.unread == ["V0", "rng", "{", "l O"]


@pytest.mark.parametrize("fraction", ["½", "¼", "1/2", "1 ½", "¾"])
def test_o10_a_fraction_lowers_the_confidence(fraction: str, drugs: DrugIndex) -> None:
    whole = only("Enalapril 10 mg 1 tableta diaria", drugs).confidence
    assert only(f"Enalapril 10 mg {fraction} tableta diaria", drugs).confidence < whole


def test_o11_a_known_name_is_never_repaired(drugs: DrugIndex) -> None:
    medication = only("lisinopril 10 mg l tab daily", drugs)
    assert medication.drug == "lisinopril"
    assert [repair.original for repair in medication.repairs] == ["l"]


def test_o11_a_misread_name_is_the_catalogs_and_marked(drugs: DrugIndex) -> None:
    medication = only("IisinopriI 10 mg 1 tab daily", drugs)
    assert medication.drug == "lisinopril"
    assert medication.repairs == (Repair(original="IisinopriI", taken="lisinopril", why="catalog"),)
    assert medication.confidence < 0.9


def test_o11_of_a_name_of_two_words_one_may_be_misread(drugs: DrugIndex) -> None:
    medication = only("Insulina giargina 10 UI SC por la noche", drugs)
    assert medication.drug == "insulina glargina"
    assert medication.repairs == (Repair(original="Insulina giargina", taken="insulina glargina", why="catalog"),)


def test_o12_articles_times_and_sequences(drugs: DrugIndex) -> None:
    assert said("take a tablet each morning and evening", drugs) == {"dose": ["1 tablet"], "frequency": ["2/d"]}
    medication = only("take 1 tablet every day for one week, and then 1 tablet every week", drugs)
    assert [step.relation for step in medication.steps] == ["first", "then"]
    assert said("take 1 tablet every day for one week, and then 1 tablet every week", drugs) == {
        "dose": ["1 tablet", "1 tablet"], "frequency": ["1/d", "1/w"], "duration": ["7 d"],
    }  # fmt: skip


def test_o13_a_range_of_times(drugs: DrugIndex) -> None:
    assert said("Take one tablet 2-4 times a day", drugs) == {"dose": ["1 tablet"], "frequency": ["2-4/d"]}


def test_o14_as_far_as_certain_and_the_rest_raw(drugs: DrugIndex) -> None:
    assert said("1 tabs po bidx30 daysprnanxiety severe", drugs) == {
        "dose": ["1 tablet"], "route": ["oral"], "frequency": ["2/d"], "duration": ["30 d"], "as needed": ["yes"],
    }  # fmt: skip
    assert said("one tablet60bid", drugs) == {"dose": ["1 tablet"], "frequency": ["2/d"]}
    assert read_prescription("one tablet60bid", drugs).unread == ["60"]
    text = "tome una tableta por va oral tres veces al da segn se necesite"
    assert said(text, drugs) == {
        "dose": ["1 tablet"], "route": ["oral"], "frequency": ["3/d"], "as needed": ["yes"],
    }  # fmt: skip
    assert [repair.original for repair in only(text, drugs).repairs] == ["por va oral", "da", "segn se necesite"]


def test_a_taper_is_a_sequence(drugs: DrugIndex) -> None:
    medication = only("Prednisolona 20 mg c/24 h por 5 días, luego 10 mg c/24 h por 5 días, luego suspender", drugs)
    assert [step.relation for step in medication.steps] == ["first", "then", "then"]
    assert [step.stop for step in medication.steps] == [False, False, True]
    assert (medication.dose, medication.frequency, medication.duration, medication.strength) == (None, None, None, None)


def test_two_instructions_of_one_day_are_beside_each_other(drugs: DrugIndex) -> None:
    medication = only("1 tablet in the morning and 2 tablets at night", drugs)
    assert [(step.relation, step.times) for step in medication.steps] == [("first", ("morning",)), ("and", ("night",))]


def test_contradictions_are_not_settled_in_silence(drugs: DrugIndex) -> None:
    agreed = only("1 tablet by mouth twice daily (every 12 hours)", drugs)
    assert agreed.confidence >= 0.8
    assert only("1 tablet twice daily every 4 hours", drugs).confidence < 0.5
    assert read_prescription("1 tablet twice daily every 4 hours", drugs).unread == ["every 4 hours"]
    assert only("1 tablet 2 capsules daily", drugs).confidence < 0.5
