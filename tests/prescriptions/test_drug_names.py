"""Names of drugs are found as written, by their beginning, and with a slip: bounded, and marked as what it is."""

import pytest

from medtime_backend.prescriptions.drug_names import MOST_CANDIDATES, DrugIndex
from medtime_backend.prescriptions.shipped_names import shipped_drug_names

NAMES = DrugIndex.from_pairs(
    [
        ("Losartán", "rxnorm:1"),
        ("LOSARTAN", "rxnorm:2"),
        ("lisinopril", "rxnorm:3"),
        ("prednisolone", "rxnorm:4"),
        ("metformin", "rxnorm:5"),
        ("ácido fólico", None),
        ("Gonal-f", "ema:1"),
        ("clonidine", "rxnorm:6"),
        ("clonixine", "rxnorm:7"),
        ("insulin glargine", "rxnorm:8"),
        ("insulin", "rxnorm:9"),
    ]
)


@pytest.mark.parametrize(
    ("written", "name", "catalog_id"),
    [
        ("losartan", "Losartán", "rxnorm:1"),
        ("LOSARTÁN", "Losartán", "rxnorm:1"),
        ("Acido Folico", "ácido fólico", None),
        ("gonal f", "Gonal-f", "ema:1"),
        ("insulin glargine", "insulin glargine", "rxnorm:8"),
    ],
)
def test_accents_case_and_signs_do_not_matter(written: str, name: str, catalog_id: str | None) -> None:
    match = NAMES.exact(written)
    assert match is not None
    assert (match.name, match.catalog_id, match.kind) == (name, catalog_id, "exact")


@pytest.mark.parametrize(
    ("written", "name", "kind"),
    [
        ("Iosartan", "Losartán", "slip"),
        ("l0sartan", "Losartán", "slip"),
        ("rnetforrnin", "metformin", "slip"),
        ("losrtan", "Losartán", "fuzzy"),
        ("lisinorpil", "lisinopril", "fuzzy"),
        ("metformina", "metformin", "spelling"),
        ("prednisolona", "prednisolone", "spelling"),
    ],
)
def test_a_slip_is_found_and_marked(written: str, name: str, kind: str) -> None:
    match = NAMES.fuzzy(written)
    assert match is not None
    assert (match.name, match.kind) == (name, kind)


@pytest.mark.parametrize(
    "written", ["prednisone", "losar", "cloniine", "insul", "", "xyzzy", "metoprolol", "losartanpotasico"]
)
def test_what_is_too_far_or_could_be_two_is_nothing(written: str) -> None:
    assert NAMES.fuzzy(written) is None


def test_beginnings() -> None:
    assert NAMES.begins("insulin")
    assert NAMES.begins("ácido")
    assert not NAMES.begins("insuli")
    assert [match.name for match in NAMES.starting("ins")] == ["insulin", "insulin glargine"]
    assert NAMES.starting("ins", most=1)[0].name == "insulin"
    assert NAMES.starting("") == []


def test_one_slip_anywhere_is_found_and_the_names_are_small() -> None:
    words = [
        f"{a}{b}{c}ol" for a in ("bar", "tel", "mox", "dur") for b in "aeiou" for c in ("nidin", "mestran", "zapic")
    ]
    names = DrugIndex.from_pairs((word, f"x:{word}") for word in words)
    for word in words[::7]:
        for place in range(len(word)):
            match = names.fuzzy(word[:place] + "w" + word[place + 1 :])
            assert match is None or match.name == word
    assert names.size < 100 * len(words)


def test_the_work_of_a_lookup_is_bounded() -> None:
    alike = DrugIndex.from_pairs((f"aaaaaa{number:06}", None) for number in range(20_000))
    assert len(alike._alike("aaaaaa00000x")) <= MOST_CANDIDATES  # noqa: SLF001 - what bounds it


def test_the_shipped_names_have_ids_in_both_languages() -> None:
    names = shipped_drug_names()
    english, spanish = names.exact("acetaminophen"), names.exact("Paracetamol")
    assert english is not None
    assert spanish is not None
    assert english.catalog_id == spanish.catalog_id == "rxnorm:161"


def test_names_of_mixtures_are_known() -> None:
    assert shipped_drug_names().exact("cotrimoxazol") is not None
