"""Words that lost the blank between them: cut where that is sure, told in the repairs, and nothing else is cut."""

from pathlib import Path

import pytest

from medtime_backend.prescriptions import TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.lexer import Lexer
from tests.prescriptions.reading import only
from tests.prescriptions.scoring import values_of

AS_SEEN = [
    line.split("\t") for line in Path(__file__).with_name("as_seen.tsv").read_text(encoding="utf-8").splitlines()[3:]
]
CUT = {
    "VOc/8 h": "VO c",
    "voc/8 h": "vo c",
    "POq6h": "PO q",
    "c/12hx7 días": "h x",
    "c/8hpor5 días": "h por",
    "850mgtab": "mg tab",
    "850 mgtab": "mg tab",
    "5mlvo": "ml vo",
    "1tabletaVO": "tableta VO",
    "1 tabsc/8 h": "tabs c",
    "5 gotasc/8 h": "gotas c",
    "1 tabletacada 8 h": "tableta cada",
    "Tomartableta": "Tomar tableta",
    "antesdel desayuno": "antes del",
    "1 tab porlanoche": "por la noche",
    "withfood": "with food",
    "PRNpain": "PRN pain",
    "Salbutamolaerosol": "Salbutamol aerosol",
    "LosartánVO": "Losartán VO",
}
WHOLE = (
    *("Vomex", "Novotab", "OralGel", "Vocap", "Novocap", "Solgel", "Nasalgel", "Forcap", "Salbutamolaerosolito"),
    *("portable", "conforme", "comprobante", "important", "forte", "tagliche", "Tabletten", "matin", "comprimés"),
    *("20 Hyrimoz", "20Hyrimoz", "20given", "20HIV", "20UUIDs", "1ltab", "gotas", "tabvo"),
)


@pytest.mark.parametrize(("text", "confidence", "values", "repairs"), AS_SEEN)
def test_lines_as_the_engine_gives_them(
    text: str, confidence: str, values: str, repairs: str, drugs: DrugIndex
) -> None:
    lines = [TextLine(line, float(confidence)) for line in text.split("\\n")]
    read = read_prescription(lines, drugs)
    (medication,) = read.medications
    assert " | ".join(value for _, value in values_of(medication)) == values
    assert "; ".join(f"{one.original} → {one.taken}" for one in medication.repairs) == repairs
    assert medication.confidence <= (0.86 if repairs else 1) * float(confidence)
    assert not read.unread


@pytest.mark.parametrize(("text", "taken"), CUT.items())
def test_what_can_be_read_in_one_way_only_is_cut(text: str, taken: str, drugs: DrugIndex) -> None:
    assert _taken(text, drugs) == {taken}


@pytest.mark.parametrize("text", WHOLE)
def test_names_and_other_words_stay_whole(text: str, drugs: DrugIndex) -> None:
    assert _taken(text, drugs) == set()


@pytest.mark.parametrize("name", ["Salbutamolaerosol", "Acme oraltabletas", "Porlanoche"])
def test_a_name_of_the_catalog_is_never_cut(name: str) -> None:
    names = DrugIndex.from_pairs([("Salbutamol", "a"), (name, "b")])
    assert _taken(f"{name} 100 mcg", names) == set()
    medication = only(f"{name} 100 mcg", names)
    assert (medication.drug, medication.catalog_id, medication.repairs) == (name, "b", ())


def test_every_name_that_ships_stays_whole(drugs: DrugIndex) -> None:
    names = [one.name for letter in "abcdefghijklmnopqrstuvwxyz" for one in drugs.starting(letter, 10_000)]
    assert names
    assert [name for name in names if _taken(name, drugs)] == []


def _taken(text: str, drugs: DrugIndex) -> set[str]:
    return {token.glued.taken for token in Lexer(drugs).read(text) if token.glued is not None}
