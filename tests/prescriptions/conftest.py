"""The names that ship with the package, read once, and where the shared data are."""

import os
from pathlib import Path

import pytest

from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.shipped_names import shipped_drug_names

SHARED = os.environ.get("MEDTIME_SHARED_DATA")


@pytest.fixture(scope="session")
def drugs() -> DrugIndex:
    return shipped_drug_names()


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED:
        pytest.skip("MEDTIME_SHARED_DATA does not name the directory of the full files")
    return Path(SHARED)
