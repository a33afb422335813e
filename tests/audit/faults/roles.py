"""Roles and settings of the server."""

from tests.audit.faults.fault import Fault

ROLES = (
    Fault(
        "the service's role may become service_role",
        "grant service_role to medtime_service",
        "role-bypasses-rls:*medtime_service*",
        superuser=True,
        undo="revoke service_role from medtime_service",
    ),
    Fault(
        "users' role with BYPASSRLS",
        "alter role authenticated bypassrls",
        "role-bypasses-rls:*authenticated*",
        superuser=True,
        undo="alter role authenticated nobypassrls",
    ),
    Fault(
        "statements logged with their parameters",
        "alter role authenticator set log_min_duration_statement = 0",
        "parameters-logged:*",
        superuser=True,
        undo="alter role authenticator reset log_min_duration_statement",
    ),
)
