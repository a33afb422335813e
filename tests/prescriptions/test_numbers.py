"""Every way a number is written, with every kind of unit in every place: read right, marked as doubtful, or raw."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pytest

from medtime_backend.prescriptions import Medication, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.records import Step
from medtime_backend.prescriptions.timings import Every, Schedule, TimesPer

UNITS = {
    "mg": "mg", "mcg": "ug", "µg": "ug", "mL": "mL", "UI": "IU", "units": "unit", "tabletas": "tablet", "gotas": "drop",
}  # fmt: skip
PLACES = (
    "Tomar {} c/8 h",
    "{} po bid",
    "Digoxina {} 1 vez al día",
    "Amoxicilina 250 mg/5 mL {} VO c/8 h",
    "Losartán tab\nTake {} by mouth twice daily",
)
OWN = {("strength", Decimal(250), "mg"), ("strength", Decimal(5), "mL")}
"""What the places themselves say."""
SURE = {"5": "5", "10.0": "10", "2.5": "2.5", "2,5": "2.5", "0.5": "0.5", "0,125": "0.125", "0.125": "0.125"}
DOUBTFUL = {
    ".5": "0.5",
    ",5": "0.5",
    "½": "0.5",
    "¼": "0.25",
    "1½": "1.5",
    "1 ½": "1.5",
    "1 y ½": "1.5",
    "1/2": "0.5",
    "1 1/2": "1.5",
    "1-1/2": "1.5",
    "1 + 1/2": "1.5",
    "1+1/2": "1.5",
    "1 y 1/2": "1.5",
    "2 1/2": "2.5",
    "5.": "5",
    "1\u22152": "0.5",
    "1\u20442": "0.5",
    "l0": "10",
    "1O0": "100",
    "I0": "10",
    "1,000": "1000",
    "1,250": "1250",
    "l": "1",
    "{": "0.5",
}
PARTED = (
    *(
        "1..5",
        "7 5",
        "1 .5",
        "1. 5",
        "1 . 5",
        "1, 5",
        "1 , 5",
        "25 0",
        "2 50",
        "1 2",
        "0 5",
        "0. 5",
        "0 .5",
        "7\u200b5",
    ),
    *("1.000", "1.250", "10.000", "1.000,5", "005", "0125", "00.5", "05.5", "1.5.5", "1,5,5", "1.5,5", "1 500 000,5"),
    *("1'5", "1·5", "1•5", "1*5", "1_5", "1°5", "1~5", "1:5", "1;5", "1\\5", "1|5", "1!5", '1"5', "·5", "~5", "<5"),
    *("½½", "1/2 1/2", "1 1/2 1/2", "1⅜", "⅜", "1¹/₂", "¹/₂", "5²", "\u0665", "1\u0665", "\uff15", "1\uff0e5"),
    *("2B", "5S", "S5", "B5", "1e3", "1O.5", "l.5", "O.5", "o,5", "1.O", "1,O", "1.l", "lO.O", "1 1 2", "2 a 1"),
)
MAYBE_TWO = ("11/2", "1/ 2", "1 /2", "1 / 2", "1/5", "5/2", "I/2", "1I/2", "12/2", "1-11/2", "5-2")
"""Of a strength these may be two values; then it is doubtful."""
TIMED = {
    "1 tab cada {} horas": "frequency",
    "1 tab q{}h": "frequency",
    "1 tab {} veces al día": "frequency",
    "1 tab {} times a day": "frequency",
    "Losartán 50 mg {}-0-0": "frequency",
    "1 tab c/8 h por {} días": "duration",
    "1 tab bid x {} d": "duration",
    "Tomar {} diario": "dose",
    "1 tab c/8 h máx {} al día": "maximum",
    "1 tab bid #{} tab": "quantity",
}


def amounts(medication: Medication) -> Iterator[tuple[str, Decimal, str | None, bool]]:
    """The numbers of doses and strengths: field, amount, unit, whether the field is doubtful."""
    for part in (medication, *medication.steps):
        values = [] if part.strength is None else [*part.strength.values, part.strength.per]
        for value in filter(None, values):
            yield "strength", value.amount, value.unit, "strength" in part.doubtful
        if part.dose is not None:
            for amount in {part.dose.low, part.dose.high}:
                yield "dose", amount, part.dose.unit, "dose" in part.doubtful


def counted(part: Medication | Step, field: str) -> set[Decimal]:
    """The numbers of a field that says how often, how long or how many."""
    match getattr(part, field, None):
        case Every(low=low, high=high) | TimesPer(low=low, high=high):
            return {low, high}
        case Schedule(doses=doses):
            return set(doses) - {Decimal(0)}
        case None:
            return set()
        case other:
            low = getattr(other, "low", None) or getattr(other, "amount", None)
            return {low} if low is not None else set()


def said_in(form: str, drugs: DrugIndex) -> Iterator[tuple[str, str, list[tuple[str, Decimal, str | None, bool]]]]:
    """Each text with this form of a number, the unit meant, and what is said beside the text's own."""
    for place, unit, blank in product(PLACES, UNITS, (" ", "")):
        text = place.format(form + blank + unit)
        read = read_prescription(text, drugs)
        found = [one for medication in read.medications for one in amounts(medication) if one[:3] not in OWN]
        kept = "\n".join([*(one.raw for one in read.medications), *read.unread])
        assert all(
            word in kept for word in text.replace("\u200b", " ").replace("\u2044", "/").replace("\u2215", "/").split()
        )
        yield text, UNITS[unit], found


@pytest.mark.parametrize("form", SURE)
def test_a_plain_number_is_read_and_sure(form: str, drugs: DrugIndex) -> None:
    for text, unit, found in said_in(form, drugs):
        own = [one for one in found if one[1:3] == (Decimal(SURE[form]), unit)] or found
        many = Decimal(SURE[form]) >= 10 and unit == "tablet"
        if text.startswith("Amoxicilina") and (form, unit) == ("5", "mL"):
            continue  # the place says so too
        assert [one[1:] for one in own] == [(Decimal(SURE[form]), unit, many)], text


@pytest.mark.parametrize("form", DOUBTFUL)
def test_a_number_that_may_be_another_is_marked(form: str, drugs: DrugIndex) -> None:
    for text, unit, found in said_in(form, drugs):
        assert {one[1:] for one in found} <= {(Decimal(DOUBTFUL[form]), unit, True)}, text
    assert any(found for _, _, found in said_in(form, drugs))


@pytest.mark.parametrize("form", PARTED)
def test_a_part_of_a_number_is_not_read(form: str, drugs: DrugIndex) -> None:
    for text, _, found in said_in(form, drugs):
        assert not found, text


@pytest.mark.parametrize("form", MAYBE_TWO)
def test_two_numbers_that_may_be_one_are_no_dose(form: str, drugs: DrugIndex) -> None:
    for text, _, found in said_in(form, drugs):
        assert all(field == "strength" and doubtful for field, _, _, doubtful in found), text


@pytest.mark.parametrize("form", [*SURE, *DOUBTFUL, *PARTED, *MAYBE_TWO[:-2]])
def test_how_often_and_how_long(form: str, drugs: DrugIndex) -> None:
    meant = SURE.get(form) or DOUBTFUL.get(form)
    for place, field in TIMED.items():
        for medication in read_prescription(place.format(form), drugs).medications:
            for part in (medication, *medication.steps):
                right = form in SURE and counted(part, field) == {Decimal(meant or 0)}
                assert right or not counted(part, field) or field in part.doubtful, (place.format(form), part)
