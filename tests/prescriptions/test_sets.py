"""F1 per field on the given sets and on ours; what a set itself has wrong is named in the docs."""

from pathlib import Path

import pytest

from medtime_backend.prescriptions.drug_names import DrugIndex
from tests.documents.markdown import read
from tests.prescriptions.scoring import Sig, judge
from tests.prescriptions.sets import CONTESTED, HELD_OUT, HELD_OUT_LATER, held_out, shared_sets

GIVEN, OURS = 0.97, 0.95


def check(sigs: list[Sig], drugs: DrugIndex, least: float) -> None:
    judgement = judge(sigs, drugs)
    low = {name: score.f1 for name, score in judgement.scores.items() if score.f1 < least}
    assert not low, judgement.failures


@pytest.mark.parametrize("language", ["es", "en"])
def test_each_field_of_the_given_sets_is_read(shared: Path, drugs: DrugIndex, language: str) -> None:
    given = [sig for sigs in shared_sets(shared).values() for sig in sigs]
    check([sig for sig in given if sig.language == language and not sig.contested], drugs, GIVEN)


@pytest.mark.parametrize("file", [HELD_OUT, HELD_OUT_LATER], ids=lambda file: file.stem)
@pytest.mark.parametrize("language", ["es", "en"])
def test_each_field_of_our_own_sets_is_read(drugs: DrugIndex, file: Path, language: str) -> None:
    check([sig for sig in held_out(file) if sig.language == language], drugs, OURS)


@pytest.mark.parametrize("text", CONTESTED)
def test_what_a_set_has_wrong_is_told(text: str) -> None:
    assert f"`{text}`" in read("docs/prescriptions.md")


def test_an_extra_value_is_a_false_alarm_and_a_missing_one_a_miss(drugs: DrugIndex) -> None:
    extra = Sig("extra", "en", "1 tablet po bid", {"route": (), "dose": ("2 tablet",), "duration": ("3 d",)})
    scores = judge([extra], drugs).scores
    assert (scores["route"].hits, scores["route"].false, scores["route"].missed) == (0, 1, 0)
    assert (scores["dose"].hits, scores["dose"].false, scores["dose"].missed) == (0, 1, 1)
    assert (scores["duration"].hits, scores["duration"].false, scores["duration"].missed) == (0, 0, 1)
