"""Readings that would hurt somebody: each of these was one, or nearly."""

import pytest

from medtime_backend.prescriptions import read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from tests.prescriptions.reading import only, said


@pytest.mark.parametrize(
    "text",
    [
        "Suspender metformina 850 mg",
        "Stop lisinopril 10 mg",
        "Hold warfarin for 3 days",
        "Discontinue metformin",
        "No tomar ibuprofeno 400 mg",
        "Allergic to amoxicillin 500 mg",
        "Alergia a penicilina",
    ],
)
def test_a_drug_that_is_not_to_be_taken_is_no_medication(text: str, drugs: DrugIndex) -> None:
    read = read_prescription(text, drugs)
    assert (read.medications, read.unread) == ([], [text])


def test_one_is_stopped_and_another_begun(drugs: DrugIndex) -> None:
    text = "Stop lisinopril 10 mg. Start losartan 50 mg daily"
    assert said(text, drugs) == {"drug": ["losartan"], "strength": ["50 mg"], "frequency": ["1/d"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A day to leave out is none to take it on.
        ("1 tab po qd except on Sundays", {"dose": ["1 tablet"], "route": ["oral"], "frequency": ["1/d"]}),
        ("1 tab c/24 h excepto domingos", {"dose": ["1 tablet"], "frequency": ["q24h"]}),
        # How many there are is not how many to take.
        ("Losartan 50 mg x 30 tabs", {"drug": ["losartan"], "strength": ["50 mg"]}),
        # A range for one substance; a combination for two.
        ("Morfina 2.5-5 mg SC c/4 h", {
            "drug": ["morfina"], "dose": ["2.5-5 mg"], "route": ["subcutaneous"], "frequency": ["q4h"],
        }),
        ("Hydrocodone-APAP 5-325 mg q4h", {
            "drug": ["hydrocodone apap"], "strength": ["5/325 mg"], "frequency": ["q4h"],
        }),
        # A number before a name may number the lines.
        ("2 Losartan 50 mg c/24 h", {"drug": ["losartan"], "strength": ["50 mg"], "frequency": ["q24h"]}),
        ("2 Zolutrexato 50 mg c/24 h", {"drug": ["zolutrexato"], "strength": ["50 mg"], "frequency": ["q24h"]}),
        ("Take 2 losartan daily", {"drug": ["losartan"], "dose": ["2"], "frequency": ["1/d"]}),
        # On which days the second amount is to be taken was not read.
        ("Warfarin 5 mg PO M/W/F, 2.5 mg other days", {"drug": ["warfarin"], "strength": ["5 mg"], "route": ["oral"]}),
        # The half may come after the form.
        ("Tomar una tableta y media cada mañana", {"dose": ["1.5 tablet"], "frequency": ["1/d"]}),
        ("take 2 tablets and a half daily", {"dose": ["2.5 tablet"], "frequency": ["1/d"]}),
        # Nor is a half after the time of day more of the dose before it.
        ("2 tab en la mañana y media en la noche", {"dose": ["2 tablet", "0.5"], "frequency": ["1/d", "1/d"]}),
        ("1 tab am y ½ tab pm", {"dose": ["1 tablet", "0.5 tablet"], "frequency": ["1/d", "1/d"]}),
        ("Take 2 tabs in the morning and 1/2 tab at night", {
            "dose": ["2 tablet", "0.5 tablet"], "frequency": ["1/d", "1/d"],
        }),
        ("Clonazepam 2 mg mitad en la mañana y una en la noche", {
            "drug": ["clonazepam"], "strength": ["2 mg"], "dose": ["0.5", "1"], "frequency": ["1/d", "1/d"],
        }),
        ("Clonazepam 2 mg 1 tab partida a la mitad c/12 h", {
            "drug": ["clonazepam"], "strength": ["2 mg"], "dose": ["1 tablet"],
        }),
        # 'hs' behind a number are hours, and no bedtime.
        ("Enalapril 10 mg 1 tab/12hs", {"drug": ["enalapril"], "strength": ["10 mg"], "dose": ["1 tablet"]}),
        ("Enalapril 10 mg 1 tab 12 hs", {"drug": ["enalapril"], "strength": ["10 mg"], "dose": ["1 tablet"]}),
        # What it is taken with is no dose, and by how much to change it none either.
        ("Alendronate 70 mg take 1 tablet weekly with 8 oz of water", {
            "drug": ["alendronate"], "strength": ["70 mg"], "dose": ["1 tablet"], "frequency": ["1/w"],
        }),
        ("Gabapentin 300 mg increase by 1 cap weekly", {"drug": ["gabapentin"], "strength": ["300 mg"]}),
        ("Gabapentina 300 mg aumentar 1 cap cada semana", {"drug": ["gabapentina"], "strength": ["300 mg"]}),
        # What it is for forbids nothing.
        ("Paracetamol 500 mg 1 tab c/8 h para bajar la fiebre por 5 días", {
            "drug": ["paracetamol"], "strength": ["500 mg"], "dose": ["1 tablet"], "frequency": ["q8h"],
            "duration": ["5 d"],
        }),
        # Times that nobody could count are not once a day.
        ("Losartán 50 mg 1 tab 2B veces al día", {"drug": ["losartan"], "strength": ["50 mg"], "dose": ["1 tablet"]}),
        # 'U' are units, and 'u' is an 'or' before 8 and 11 only; a number after it is none of its letters.
        ("Digoxina 10 U 1 tableta diaria", {
            "drug": ["digoxina"], "strength": ["10 unit"], "dose": ["1 tablet"], "frequency": ["1/d"],
        }),
        ("Digoxina 0.5 U 1 tableta diaria", {
            "drug": ["digoxina"], "strength": ["0.5 unit"], "dose": ["1 tablet"], "frequency": ["1/d"],
        }),
        # By weight is neither strength nor dose.
        ("Paracetamol 15 mg/kg/dosis c/6 h", {"drug": ["paracetamol"], "frequency": ["q6h"]}),
        # How long, not how many a day.
        ("Ibuprofeno 400 mg c/8 h no más de 5 días", {
            "drug": ["ibuprofeno"], "strength": ["400 mg"], "frequency": ["q8h"], "duration": ["5 d"],
        }),
        # 1 x 2 is written for several things.
        ("Enalapril 10 mg 1x2 VO", {"drug": ["enalapril"], "strength": ["10 mg"], "route": ["oral"]}),
        ("Metotrexato 15 mg SC una vez por semana (jueves)", {
            "drug": ["metotrexato"], "strength": ["15 mg"], "route": ["subcutaneous"], "frequency": ["thu"],
        }),
    ],
)  # fmt: skip
def test_what_looks_like_something_else(text: str, expected: dict[str, list[str]], drugs: DrugIndex) -> None:
    assert said(text, drugs) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("1 tab 3 al día", "1 tab x 3 al día", "1 tab x3 diario", "1 tab (3) al día", "1 tab 3 v al día"),
        *("1 tab 3x día", "1 tab por 3 al día", "1 tab 3 cada día", "1 tab x 3 daily", "1 tab three daily"),
    ],
)
def test_a_number_that_was_not_read_makes_no_once_a_day(text: str, drugs: DrugIndex) -> None:
    read = read_prescription(f"Metformina 500 mg {text}", drugs)
    assert [(one.frequency, str(one.dose and one.dose.low)) for one in read.medications] == [(None, "1")]
    assert read.unread == [text.removeprefix("1 tab ")]


@pytest.mark.parametrize(
    "text", ["1 tab diaria", "Tomar 1 diaria", "1 al día", "Take one a day", "Take a tablet daily"]
)
def test_a_dose_that_was_read_may_be_taken_daily(text: str, drugs: DrugIndex) -> None:
    assert said(f"Metformina 500 mg\n{text}", drugs)["frequency"] == ["1/d"]


@pytest.mark.parametrize("text", ["Tomar 1:50 mL c/8 h", "Tomar 2:30 tab c/8 h"])
def test_a_point_read_as_a_colon_makes_no_time_of_day(text: str, drugs: DrugIndex) -> None:
    medication = only(text, drugs)
    assert (medication.times, medication.dose) == ((), None)


def test_two_doses_of_a_week_are_two_instructions(drugs: DrugIndex) -> None:
    medication = only("Levotiroxina 50 mcg lunes a viernes, 75 mcg sábado y domingo", drugs)
    assert (medication.strength, medication.dose, len(medication.steps)) == (None, None, 2)
    assert [step.dose and step.dose.low for step in medication.steps] == [50, 75]


@pytest.mark.parametrize("text", ["si hay fiebre acudir a urgencias", "Suspender si hay mareo", "call if fever"])
def test_what_to_do_in_a_case_is_not_when_to_take_it(text: str, drugs: DrugIndex) -> None:
    medication = only(f"Ibuprofeno 400 mg 1 tab c/8 h\n{text}", drugs)
    assert not medication.as_needed
    assert not only(f"Ibuprofeno 400 mg 1 tab c/8 h {text}", drugs).as_needed
