"""What the migrations leave behind: RLS, grants, comments, search paths, roles."""

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo

OURS = "n.nspname in ('public', 'private')"

# Who may execute what, besides the owner. What is not here, nobody may: triggers, and helpers of definer functions.
# The catalog is public knowledge: everybody searches it, and so executes what a search is made of.
SEARCHING = {
    *("catalog_fold", "catalog_plain_words", "catalog_number", "catalog_strength_pattern", "catalog_strengths"),
    *("catalog_deletions", "catalog_sound", "catalog_corrections", "catalog_pattern", "catalog_codes_of"),
    *("catalog_named", "catalog_worded", "catalog_question", "catalog_matches", "catalog_hit", "catalog_suggestions"),
    *("catalog_search_faults", "catalog_search", "catalog_release", "catalog_product", "catalog_sources"),
}
EXECUTE = {
    "anon": SEARCHING,
    "authenticated": {
        *SEARCHING,
        "srv_accept_invitation",
        "srv_decline_invitation",
        "srv_invite_caregiver",
        "srv_list_family_links",
        "srv_pull",
        "srv_push",
        "srv_register_push_device",
        "srv_remove_push_device",
        "srv_revoke_link",
        "srv_status",
        "private.accept_invitation",
        "private.begin_write",
        "private.clock_at",
        "private.clock_now",
        "private.content_fault",
        "private.covers_horizon",
        "private.decline_invitation",
        "private.invite_caregiver",
        "private.keep_own_quota",
        "private.live_caller",
        "private.max_devices",
        "private.may_read",
        "private.own_account",
        "private.own_link",
        "private.push_faults",
        "private.raise_problem",
        "private.readable_owners",
        "private.register_push_device",
        "private.remove_push_device",
        "private.reserve_own_dots",
        "private.revoke_link",
        "private.touch_device",
    },
    "medtime_service": {
        *SEARCHING,
        "private.become",
        "private.cleanup_last_success",
        "private.pull_as",
        "private.push_as",
        "private.register_push_device_as",
        "private.remove_push_device_as",
        "private.session_state",
        "private.status_as",
        "private.wakeup_state",
    },
    # The sender of wake-ups.
    "service_role": {"srv_claim_wakeups", "srv_finish_wakeups"},
    "supabase_auth_admin": {"custom_access_token_hook"},
}
# Who may do what with which table, besides the owner; of columns alone where the table has column grants.
# The catalog is public knowledge.
CATALOG = {
    *("catalog_codes", "catalog_ingredients", "catalog_names", "catalog_products", "catalog_relations"),
    *(
        "catalog_documents",
        "catalog_lexicon",
        "catalog_mixture_names",
        "catalog_releases",
        "catalog_substance_names",
        "catalog_substances",
        "catalog_version",
    ),
}
TABLES = {
    *((role, table, "SELECT") for role in ("anon", "authenticated", "medtime_service") for table in CATALOG),
    ("authenticated", "private.epoch", "SELECT"),
    ("authenticated", "private.owner_totals", "SELECT"),
    ("authenticated", "srv_encrypted_entities", "SELECT"),
    ("authenticated", "srv_ocr_requests", "SELECT"),
    ("authenticated", "srv_sync_status", "SELECT"),
}


async def test_every_right_is_one_of_these(superuser: asyncpg.Connection) -> None:
    functions = await superuser.fetch(
        f"""
        select a.grantee::regrole::text as grantee, p.oid::regproc::text as name
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) a
        where {OURS} and a.grantee <> p.proowner
        """  # noqa: S608 - a constant
    )
    found: dict[str, set[str]] = {}
    for row in functions:
        found.setdefault(row["grantee"], set()).add(row["name"])
    assert found == EXECUTE
    tables = await superuser.fetch(
        f"""
        select a.grantee::regrole::text as grantee, c.oid::regclass::text as name, a.privilege_type as right
        from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
        where {OURS} and a.grantee <> c.relowner
        """  # noqa: S608 - a constant
    )
    assert {tuple(row) for row in tables} == TABLES


async def test_every_table_has_forced_rls_and_nothing_for_strangers(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch(
        f"""
        select c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity, n.nspname, c.relacl::text as acl
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and {OURS}
        """  # noqa: S608 - a constant
    )
    assert len(rows) >= 12
    for row in rows:
        assert row["relrowsecurity"], row["name"]
        assert row["relforcerowsecurity"], row["name"]
        readers = {"anon", "medtime_service"} if row["name"] in CATALOG else set()
        for role in {"anon", "service_role", "medtime_service", "authenticator"} - readers:
            assert f"{role}=" not in (row["acl"] or ""), (row["name"], role)
        assert not (row["acl"] or "").startswith("{=")


async def test_every_function_has_a_search_path_and_is_not_everyones(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch(
        f"""
        select p.oid::regprocedure::text as name, p.proconfig, coalesce(p.proacl::text, 'default') as acl
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS}
        """  # noqa: S608 - a constant
    )
    assert len(rows) >= 40
    for row in rows:
        assert "search_path=pg_catalog, pg_temp" in (row["proconfig"] or []), row["name"]
        assert row["acl"] != "default", row["name"]
        assert "{=" not in row["acl"], row["name"]
        assert ",=" not in row["acl"], row["name"]
        assert "anon=" not in row["acl"] or row["name"].partition("(")[0] in SEARCHING, row["name"]


async def test_everything_has_a_comment(superuser: asyncpg.Connection) -> None:
    missing = await superuser.fetch(
        f"""
        select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and {OURS} and obj_description(c.oid, 'pg_class') is null
        union all
        select c.oid::regclass::text || '.' || a.attname from pg_class c
        join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where c.relkind = 'r' and {OURS} and a.attnum > 0 and not a.attisdropped
        and col_description(c.oid, a.attnum) is null
        union all
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where {OURS} and obj_description(p.oid, 'pg_proc') is null
        """  # noqa: S608 - a constant
    )
    assert [row["name"] for row in missing] == []


async def test_the_service_can_become_a_user_and_nothing_more(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    row = await superuser.fetchrow("select * from pg_roles where rolname = 'medtime_service'")
    assert not any(row[right] for right in ("rolsuper", "rolbypassrls", "rolinherit", "rolcreaterole"))
    connection = await asyncpg.connect(cluster.service_database_url)
    try:
        for role in ("service_role", "postgres", "supabase_admin", "supabase_auth_admin", "anon"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"set role {role}")
        for statement in (
            "select * from public.srv_encrypted_entities",
            "select * from private.owners",
            "select public.srv_status()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_migrating_role_is_no_superuser(cluster: StackInfo) -> None:
    connection = await asyncpg.connect(cluster.database_url)
    try:
        assert await connection.fetchval("select current_user") == "postgres"
        assert not await connection.fetchval("select rolsuper from pg_roles where rolname = current_user")
        owners = await connection.fetch(
            "select distinct tableowner from pg_tables where schemaname in ('public', 'private')"
        )
        assert [row["tableowner"] for row in owners] == ["postgres"]
    finally:
        await connection.close()
