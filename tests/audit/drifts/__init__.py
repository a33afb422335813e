"""Ways in which a database drifts, with what the audit must say of each: for test_drift.py."""

from tests.audit.drifts.changed import CHANGED
from tests.audit.drifts.drift import ENTITIES, STATUS, Drift
from tests.audit.drifts.missing import MISSING
from tests.audit.drifts.other_kinds import OF_OTHER_KINDS, OTHER_KINDS
from tests.audit.drifts.tolerated import TOLERATED
from tests.audit.drifts.unexpected import UNEXPECTED

__all__ = [
    "CHANGED",
    "ENTITIES",
    "MISSING",
    "OF_OTHER_KINDS",
    "OTHER_KINDS",
    "STATUS",
    "TOLERATED",
    "UNEXPECTED",
    "Drift",
]
