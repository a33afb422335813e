"""Faults that people make in a schema like ours, each as SQL, and the finding by which the audit tells it.

docs/policies_comparison.md shows the same faults to pgrls and to Supabase's advisors.
"""

from tests.audit.faults.fault import Fault
from tests.audit.faults.grants import GRANTS
from tests.audit.faults.policies import POLICIES
from tests.audit.faults.roles import ROLES
from tests.audit.faults.tables import TABLES
from tests.audit.faults.views_and_functions import VIEWS_AND_FUNCTIONS

__all__ = ["FAULTS", "PARTS", "Fault"]

PARTS = {
    "Grants": GRANTS,
    "Policies": POLICIES,
    "Tables": TABLES,
    "Views and functions": VIEWS_AND_FUNCTIONS,
    "Roles and settings": ROLES,
}
FAULTS = tuple(fault for part in PARTS.values() for fault in part)
