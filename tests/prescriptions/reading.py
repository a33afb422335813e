"""Short ways to read in tests."""

from medtime_backend.prescriptions import Medication, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from tests.prescriptions.scoring import values_of


def only(text: str, drugs: DrugIndex) -> Medication:
    """The one medication of a text."""
    found = read_prescription(text, drugs).medications
    assert len(found) == 1, found
    return found[0]


def said(text: str, drugs: DrugIndex) -> dict[str, list[str]]:
    """All values of the one medication of a text, in the notation of scoring.py."""
    values: dict[str, list[str]] = {}
    for name, value in values_of(only(text, drugs)):
        values.setdefault(name, []).append(value)
    return values
