"""Rules on grants, roles and what objects are made open to: each fault is found by the rule's name."""

# ruff: noqa: S608 - faults are constants

import asyncpg
import pytest

from tests.audit.rule_faults import ENTITIES, found_after

STATUS = "public.srv_sync_status"
FAULTS = [
    ("rls-disabled", f"alter table {ENTITIES} disable row level security", ENTITIES),
    ("rls-disabled", "create table public.new_table (id uuid)", "public.new_table"),
    ("rls-not-forced", f"alter table {STATUS} no force row level security", STATUS),
    ("grant-without-policy", f"grant delete on {ENTITIES} to authenticated", f"{ENTITIES}:authenticated:delete"),
    ("grant-without-policy", "grant select on public.srv_push_outbox to anon", "public.srv_push_outbox:anon:select"),
    ("truncate-granted", f"grant truncate on {ENTITIES} to anon", f"{ENTITIES}:anon:truncate"),
    (
        "references-granted",
        f"grant references (id) on {ENTITIES} to authenticated",
        f"{ENTITIES}:authenticated:references",
    ),
    ("trigger-granted", f"grant trigger on {ENTITIES} to public", f"{ENTITIES}:public:trigger"),
    ("grant-option", f"grant select on {ENTITIES} to authenticated with grant option", f"{ENTITIES}:authenticated"),
    (
        "grant-option",
        "grant execute on function public.srv_status(uuid, boolean) to authenticated with grant option",
        "public.srv_status(uuid,boolean):authenticated",
    ),
    ("column-grant-hole", f"grant update on {ENTITIES} to authenticated", f"{ENTITIES}:authenticated:update"),
    ("column-grant-hole", f"grant insert (client_seq, blob_size) on {ENTITIES} to authenticated", ":insert"),
    ("schema-create", "grant create on schema public to authenticated", "public:authenticated"),
    ("schema-create", "grant create on schema private to public", "private:public"),
    ("function-public-execute", "grant execute on function private.renew_epoch() to public", "private.renew_epoch()"),
    ("function-public-execute", "create function public.new() returns int language sql return 1", "public.new()"),
    (
        "function-public-execute",
        "grant execute on function public.srv_status(uuid, boolean) to anon",
        "public.srv_status",
    ),
    ("default-privileges-open", "alter default privileges for role postgres grant select on tables to anon", "anon"),
    (
        "default-privileges-open",
        "alter default privileges for role postgres in schema private grant execute on functions to authenticated",
        "in schema private:authenticated",
    ),
    ("role-bypasses-rls", "alter role authenticated bypassrls", "authenticated"),
    ("role-bypasses-rls", "alter role medtime_service superuser", "medtime_service"),
    ("role-bypasses-rls", "alter role authenticator createrole", "authenticator"),
    ("role-bypasses-rls", "grant service_role to medtime_service", "medtime_service:service_role"),
    ("role-bypasses-rls", "grant postgres to authenticator", "authenticator:postgres"),
    ("role-bypasses-rls", "grant pg_read_all_data to authenticated", "authenticated:pg_read_all_data"),
    ("published-table", f"create publication supabase_realtime for table {ENTITIES}", f"{ENTITIES}:supabase_realtime"),
    ("published-table", "create publication everything for all tables", "private.owners:everything"),
    ("published-table", "create publication schemas for tables in schema public", f"{ENTITIES}:schemas"),
    ("view-not-invoker", f"create view public.v as select * from {ENTITIES}", "public.v"),
    ("view-exposed", f"create view public.v as select id from {ENTITIES}", "public.v"),
    ("view-exposed", "create view public.v with (security_invoker = on) as select id from auth.users", "public.v"),
    ("view-exposed", f"create materialized view public.v as select id from {ENTITIES}", "public.v"),
    ("rewrite-rule", f"create rule nothing as on delete to {STATUS} do instead nothing", f"{STATUS}.nothing"),
    (
        "existence-oracle",
        f"create unique index on {ENTITIES} (id)",
        f"{ENTITIES}:authenticated:id",
    ),
    (
        "existence-oracle",
        f"grant insert on public.srv_ocr_requests to authenticated; grant insert on {STATUS} to authenticated",
        f"{STATUS}:authenticated:id",
    ),
    (
        "existence-oracle",
        (
            f"alter table {ENTITIES} add column parent uuid references public.srv_ocr_requests (id); "
            f"grant insert (parent) on {ENTITIES} to authenticated"
        ),
        ":srv_encrypted_entities_parent_fkey",
    ),
]


@pytest.mark.parametrize(("rule", "fault", "expected"), FAULTS)
async def test_the_fault_is_found(superuser: asyncpg.Connection, rule: str, fault: str, expected: str) -> None:
    found = await found_after(superuser, fault, rule)
    assert any(expected in name for name in found), found
    assert all(one.detail and one.reproduction and one.fix for one in found.values())


async def test_maintain_is_found_where_it_exists(superuser: asyncpg.Connection) -> None:
    if superuser.get_server_version().major < 17:
        pytest.skip("MAINTAIN came with Postgres 17")
    assert await found_after(superuser, f"grant maintain on {ENTITIES} to authenticated", "maintain-granted")


@pytest.mark.parametrize(
    ("rule", "harmless"),
    [
        ("view-not-invoker", f"create view public.v with (security_invoker = true) as select id from {ENTITIES}"),
        ("existence-oracle", f"create unique index on {ENTITIES} (user_id, checksum)"),
        ("existence-oracle", f"create unique index on {ENTITIES} (blob_size)"),
        ("rls-not-forced", "alter table private.tiers no force row level security"),
    ],
)
async def test_what_is_no_fault_is_not_found(superuser: asyncpg.Connection, rule: str, harmless: str) -> None:
    assert await found_after(superuser, harmless, rule) == {}
