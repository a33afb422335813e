"""What an app must have confirmed by a person: which fields, for which reasons, and which not."""

import msgspec
import pytest

from medtime_backend.prescriptions import Prescription, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.plausibility import LEAST, LEAST_PIECES, MOST_DAYS, MOST_TIMES
from tests.documents.markdown import read
from tests.prescriptions.reading import only
from tests.prescriptions.sets import HELD_OUT, HELD_OUT_LAST, HELD_OUT_LATER, held_out
from tests.prescriptions.test_glue import AS_SEEN

REASONS = {
    # A fraction: the engine takes ¼ for ½.
    "Enalapril 10 mg ½ tableta c/12 h": ("dose",),
    "Losartán 50 mg 1 1/2 tab diaria": ("dose",),
    "Losartán 50 mg 1 + 1/2 tab diaria": ("dose",),
    "Alprazolam 0.25 mg ½-0-1": ("frequency",),
    # A repaired slip, and a word cut in two: whatever was told by it.
    "Paracetamol 5OO mg VO c/8 h": ("strength",),
    "Paracetamol 500 rng VO c/8 h": ("strength",),
    "Paracetamol 500 mg V0 c/8 h": ("route",),
    "Paracetamol 500 mg 1 tab cadanoche": ("frequency", "times"),
    "Paracetamol 500 mg l tabieta c/8 h": ("form", "dose"),
    "Iosartan 50 mg 1-0-1": ("drug",),
    "Salbutamolaerosol 2 disparos c/6 h": ("drug", "form"),
    # A number that may be another: a point, a comma, a U, a litre, a stroke, a second number.
    "Digoxina .25 mg": ("strength",),
    "Vitamina D3 tab.5 mg c/8 h": ("dose",),
    "Ergocalciferol 50,000 units weekly": ("strength",),
    "Insulina glargina 10U SC noche": ("dose",),
    "Insulina glargina 40 SC noche": ("dose",),
    "Tomar 1 l diario": ("dose",),
    "Take II tabs daily": ("dose",),
    "Tomar 01 tableta c/08 horas por 07 días": ("dose",),
    "Tomar 1 2 veces al día": ("dose", "frequency"),
    "Take 2 5 ml spoonfuls twice daily": ("dose",),
    "Metformina 850 mg #30 1 tab c/12 h": ("dose", "quantity"),
    "Norvex 11/2 mg 1 tab diaria": ("strength",),
    "Tomar 7 u 8 gotas c/8 h": ("dose",),
    "Tomar 5. mL c/8 h": ("dose",),
    "Ibuprofeno 400 1 tab c/8 h": ("dose",),
    # An amount that was not read may be another dose, at some of the times.
    "1 tab en la mañana y 1 /2 tab en la noche": ("dose", "frequency", "times"),
    "take 1 tablet po tid with 5 additional tablets for breakthrough pain": ("dose", "frequency"),
    # What hardly anybody prescribes.
    "Enalapril 10 mg 112 tab c/8 h": ("dose",),
    "Enalapril 10 mg 12 tab c/8 h": ("dose",),
    "Enalapril 10 mg 10 tab c/8 h": ("dose",),
    "Tomar 75 mL c/8 h": ("dose",),
    "Tomar 1-5 mL c/8 h": ("dose",),
    "Levotiroxina 100 mcg tab. Tomar 100 mg diario": ("dose",),
    "Losartán 50 mg tab. Tomar 500 mg diario": ("dose",),
    "Losartán 50 mg tab. Tomar 5 mg diario": ("dose",),
    "Prednisona 5 mg 2 tab (20 mg) c/24 h": ("dose",),
    "Losartán 5000 mg 1 tab diaria": ("strength",),
    "Ibuprofeno 400 mg/8 h": ("strength",),
    "Losartán 50 mg 10-0-1": ("frequency",),
    "1 tab c/81 h": ("frequency",),
    "1 tab 11 veces al día": ("frequency",),
    "1 tab c/8 h x 710 d": ("duration",),
    # What another phrase speaks against.
    "1 tablet twice daily every 4 hours": ("frequency",),
    "1 tablet 2 capsules daily": ("dose", "frequency"),
    # Nothing.
    "Metformina 850 mg tab, 1 c/12 h x 30 días": (),
    "Amoxicilina 875/125 mg 1 tab c/12 h por 7 días": (),
    "Hydrocodone-APAP 5-325 mg q4h": (),
    "Tomar una tableta y media cada mañana": (),
    "Tomar ½ (media) tableta c/12 h": (),
    "Insulina glargina 100 UI/mL aplicar 20 UI SC cada noche": (),
    "Nistatina 100 000 UI VO c/6 h": (),
    "Humulin 70/30 20 units SC bid": (),
    "Timolol 0.5% 1 gota en cada ojo c/12 h": (),
    "Complejo B12 1 tab diaria": (),
    "Metotrexato 2.5 mg 8 tab cada semana": (),
    "Lactulosa 30 mL c/24 h": (),
    "Nitroglicerina parche 5 mg/24 h": (),
    "Fentanilo 25 mcg/h c/72 h": (),
}
MOST_ASKED = 0.15
"""Of clean texts: who is asked always looks no more."""


@pytest.mark.parametrize("text", REASONS)
def test_what_is_doubtful_and_what_is_not(text: str, drugs: DrugIndex) -> None:
    assert only(text, drugs).doubtful == REASONS[text]


@pytest.mark.parametrize("text", [text for text, fields in REASONS.items() if fields and fields != ("drug",)])
def test_what_is_doubtful_is_less_sure(text: str, drugs: DrugIndex) -> None:
    assert only(text, drugs).confidence <= 0.85


def test_a_step_has_its_own(drugs: DrugIndex) -> None:
    medication = only("Take 1/2 tablet by mouth every morning and 1 tablet at bedtime", drugs)
    assert medication.doubtful == ("steps",)
    assert [step.doubtful for step in medication.steps] == [("dose",), ()]


def test_a_strength_that_was_a_dose_is_as_doubtful(drugs: DrugIndex) -> None:
    medication = only("Insulina glargina 1O UI en la mañana y 20 UI en la noche", drugs)
    assert [step.doubtful for step in medication.steps] == [("dose",), ()]
    assert only("Insulina glargina 1O UI SC por la noche", drugs).doubtful == ("dose",)


def test_times_that_are_doubtful_make_the_frequency_counted_from_them_so(drugs: DrugIndex) -> None:
    medication = only("1 tab porlanoche", drugs)
    assert medication.doubtful == ("frequency", "times")


@pytest.mark.parametrize("row", AS_SEEN, ids=lambda row: row[0])
def test_what_the_engine_glued_is_doubtful(row: list[str], drugs: DrugIndex) -> None:
    medication = only(row[0].replace("\\n", "\n"), drugs)
    assert medication.doubtful or not medication.repairs


@pytest.mark.parametrize("above", ["", "Amoxicilina 250 mg/5 mL\n"])
def test_a_number_parted_between_two_lines_is_doubtful(above: str, drugs: DrugIndex) -> None:
    text = f"{above}Tomar 7.\n5 mL c/8 h"
    assert (only(text, drugs).doubtful, only(text, drugs).raw) == (("dose",), text)


def test_only_fields_that_say_something_are_named(drugs: DrugIndex) -> None:
    for file in (HELD_OUT, HELD_OUT_LATER, HELD_OUT_LAST):
        for sig in held_out(file):
            for medication in read_prescription(sig.text, drugs).medications:
                for part in (medication, *medication.steps):
                    assert all(getattr(part, name) not in {None, ()} for name in part.doubtful), sig.text
                assert ("steps" in medication.doubtful) == any(step.doubtful for step in medication.steps)


def test_few_are_asked_for_what_is_clean(drugs: DrugIndex) -> None:
    sigs = [sig for file in (HELD_OUT, HELD_OUT_LATER, HELD_OUT_LAST) for sig in held_out(file)]
    read = [one for sig in sigs for one in read_prescription(sig.text, drugs).medications]
    assert sum(bool(one.doubtful) for one in read) < MOST_ASKED * len(read)


def test_in_json_it_is_a_list_that_is_left_out_when_empty(drugs: DrugIndex) -> None:
    read = read_prescription("Enalapril 10 mg ½ tableta c/12 h\nLosartán 50 mg 1-0-1", drugs)
    first, second = msgspec.to_builtins(read)["medications"]
    assert (list(first["doubtful"]), "doubtful" in second) == (["dose"], False)
    assert msgspec.json.decode(msgspec.json.encode(read), type=Prescription) == read


def test_the_bounds_are_told() -> None:
    page = read("docs/prescriptions.md")
    assert f"{LEAST_PIECES} pieces" in page
    told = {"mL or\ndrops": ("mL", "drop"), "units, mEq or mmol": ("unit", "mEq", "mmol"), "mg or µg": ("mg", "ug")}
    for text, units in told.items():
        assert {f"{LEAST[unit]:,} {text}" in page for unit in units} == {True}
    assert f"{LEAST['g']} g, {LEAST['IU'] // 1_000_000} million IU" in page
    assert f"more than {MOST_TIMES} times" in page
    assert f"more than {MOST_DAYS} days" in page
