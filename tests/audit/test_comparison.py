"""docs/policies_comparison.md says what the programs say: every fault is on it, and a sample is tried again."""

import pytest

from medtime_backend.audit.catalog.snapshot import Snapshot
from medtime_backend.local.shadow import Shadow
from tests.audit.comparison import PAGE, row_of, sound_of
from tests.audit.faults import FAULTS, Fault
from tests.documents.markdown import read

SAMPLE = FAULTS[3::9]


@pytest.fixture(scope="module")
async def sound(shadow: Shadow) -> tuple[Snapshot, frozenset[str]]:
    return await sound_of(shadow)


def test_every_fault_is_on_the_page_in_its_order() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in read(str(PAGE)).splitlines() if "| `" in line]
    assert rows == [fault.name for fault in FAULTS]


def test_ours_finds_all() -> None:
    assert "| `-` |" not in read(str(PAGE))


@pytest.mark.parametrize("fault", SAMPLE, ids=lambda fault: fault.name)
async def test_the_row_of_a_fault_is_what_the_programs_say(
    shadow: Shadow, sound: tuple[Snapshot, frozenset[str]], fault: Fault
) -> None:
    assert await row_of(shadow, fault, *sound) in read(str(PAGE))
