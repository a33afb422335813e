"""250 real sigs without an expected parse: none crashes, none is read as something it does not say."""

from pathlib import Path

import msgspec
import pytest

from medtime_backend.prescriptions import read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from tests.prescriptions.faithful import numbers_in, reasons, unsaid
from tests.prescriptions.reading import said
from tests.prescriptions.sets import HELD_OUT, HELD_OUT_LATER, held_out, shared_sets, texts


def check(text: str, drugs: DrugIndex) -> None:
    read = read_prescription(text, drugs)
    for medication in read.medications:
        assert not unsaid(medication), (text, medication)
        assert all(reason in medication.raw for reason in reasons(medication))
        assert medication.drug is None or medication.drug in text or medication.repairs or "ácido" in medication.drug
        assert 0 <= medication.confidence <= 1
    lines = [line for medication in read.medications for line in medication.raw.split("\n")]
    kept = "\n".join([*lines, *read.unread])
    assert all(word in kept for word in text.split())


def test_real_sigs_say_nothing_that_is_not_there(shared: Path, drugs: DrugIndex) -> None:
    given = list(texts(shared))
    assert len(given) == 250
    for text in given:
        check(text, drugs)


def test_neither_do_the_judged_ones(shared: Path, drugs: DrugIndex) -> None:
    for sigs in (*shared_sets(shared).values(), held_out(HELD_OUT), held_out(HELD_OUT_LATER)):
        for sig in sigs:
            check(sig.text, drugs)


def test_most_real_sigs_are_read(shared: Path, drugs: DrugIndex) -> None:
    read = [read_prescription(text, drugs) for text in texts(shared)]
    assert sum(bool(one.medications) for one in read) >= 240
    assert sum(bool(one.medications) and not one.unread for one in read) >= 170


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 tab po q hs", {"dose": ["1 tablet"], "route": ["oral"], "frequency": ["1/d"]}),
        ("1 cap po once a dayinstrplease fast", {"dose": ["1 capsule"], "route": ["oral"], "frequency": ["1/d"]}),
        (
            "1 drop in eye 4 times a day starting 3 days before surgery",
            {"dose": ["1 drop"], "route": ["ophthalmic"], "frequency": ["4/d"]},
        ),
        ("2 tabs po qd inform if not covered", {"dose": ["2 tablet"], "route": ["oral"], "frequency": ["1/d"]}),
        (
            "take 3 ml by mouth daily for 10 days 3 ml = 150 mg",
            {"dose": ["3 mL"], "route": ["oral"], "frequency": ["1/d"], "duration": ["10 d"]},
        ),
        (
            "1 cap po daily replaces her 30mg dose do not crush",
            {"dose": ["1 capsule"], "route": ["oral"], "frequency": ["1/d"]},
        ),
        ("inhale 2 puffs by mouth bid", {"dose": ["2 puff"], "route": ["inhalation"], "frequency": ["2/d"]}),
        (
            "apply bid to affected area every 7 days remove buildup with acetone",
            {"route": ["topical"], "frequency": ["2/d"]},
        ),
        ("1 tab po tid must last 30 days", {"dose": ["1 tablet"], "route": ["oral"], "frequency": ["3/d"]}),
        ("1 drop od bid", {"dose": ["1 drop"], "route": ["ophthalmic"], "frequency": ["2/d"]}),
        ("1 tab od", {"dose": ["1 tablet"], "frequency": ["1/d"]}),
        ("1 tab po daily for 3 doses", {"dose": ["1 tablet"], "route": ["oral"], "frequency": ["1/d"]}),
        ("aplicar una capa bid", {"frequency": ["2/d"]}),
    ],
)
def test_kinds_of_faults_that_reading_all_of_them_showed(
    text: str, expected: dict[str, list[str]], drugs: DrugIndex
) -> None:
    assert said(text, drugs) == expected


def test_the_number_of_refills_is_the_one_after_the_word(drugs: DrugIndex) -> None:
    assert read_prescription("1 tab po bid 20 rf 0", drugs).medications[0].refills == 0
    assert read_prescription("1 tab po bid 2 refills", drugs).medications[0].refills == 2


def test_the_check_sees_what_is_not_there(drugs: DrugIndex) -> None:
    medication = read_prescription("1 tab po bid", drugs).medications[0]
    other = msgspec.structs.replace(medication, raw="5 drops")
    assert unsaid(other) == ["number 2", "number 2", "word tablet", "word oral", "word tablet"]
    assert {2, 7} <= numbers_in("2 tabs for 7 days")
