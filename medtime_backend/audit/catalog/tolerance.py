"""What may differ between the migrations' database and a live one, because the platform or the operator made it so.

Everything is compared exactly, with these exceptions:

- Roles that Supabase made may have less power than expected, never more; whether they inherit, and their settings, are
  not compared. Ours is compared exactly, without its password and connection limit.
- Memberships: `postgres` and Supabase's own roles may become what they like, and `authenticator` also
  supabase_storage_admin. Anybody else who may become a role of requests is unexpected.
- Default privileges of Supabase's own roles. Those of `postgres` count: they open the tables of tomorrow.
- Privileges that `postgres`, supabase_admin and pg_database_owner have beyond the expected: they own the database.
- The owner of the schema `public`, which is one of these three, by the age of the project, and what these three may do
  with it.
- Event triggers and publications of Supabase that do not touch our schemas are in no snapshot at all.
"""

from __future__ import annotations

from typing import Any, Final

from medtime_backend.audit.catalog.snapshot import OUR_ROLES, SUPABASE_ROLES, Facts

OWNERS: Final = frozenset({"postgres", "supabase_admin", "pg_database_owner"})
PUBLIC: Final = ("schema", "public")
PLATFORM_PREFIXES: Final = ("supabase_", "cli_login_")
PLATFORM_ROLES: Final = OWNERS | {"dashboard_user", "pgbouncer"}
PLATFORM_MEMBERSHIPS: Final = frozenset({"authenticator in supabase_storage_admin"})


def is_of_the_platform(kind: str, name: str, facts: Facts) -> bool:
    """Whether an object is Supabase's own affair, there or not."""
    if kind == "membership":
        return name in PLATFORM_MEMBERSHIPS or _is_platform_role(name.partition(" in ")[0])
    return kind == "default privileges" and str(facts["of"]).startswith(PLATFORM_PREFIXES)


def changes(kind: str, name: str, expected: Facts, live: Facts) -> list[tuple[str, Any, Any]]:
    """The facts of one object that differ and may not, as (fact, expected, found).

    Privileges are told by grantee, as the fact `privileges of <grantee>`.
    """
    found = [
        (fact, expected.get(fact), live.get(fact))
        for fact in sorted({*expected, *live} - {"privileges"})
        if expected.get(fact) != live.get(fact)
        and not _may_differ(kind, name, fact, expected.get(fact), live.get(fact))
    ]
    wanted, given = expected.get("privileges", {}), live.get("privileges", {})
    return found + [
        (f"privileges of {grantee}", wanted.get(grantee), given.get(grantee))
        for grantee in sorted({*wanted, *given})
        if wanted.get(grantee) != given.get(grantee)
        and not (grantee in OWNERS and (grantee not in wanted or (kind, name) == PUBLIC))
    ]


def _may_differ(kind: str, name: str, fact: str, expected: Any, live: Any) -> bool:
    if (kind, name) == PUBLIC and fact == "owner":
        return live in OWNERS
    of_supabase = kind == "role" and name in SUPABASE_ROLES
    if of_supabase or (kind == "membership" and name.partition(" in ")[0] not in OUR_ROLES):
        return bool(expected) and not live
    return False


def _is_platform_role(role: str) -> bool:
    return role in PLATFORM_ROLES or role.startswith(PLATFORM_PREFIXES)
