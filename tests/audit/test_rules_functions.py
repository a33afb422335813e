"""Rules on functions: search paths, definer rights, and what could not be read."""

# ruff: noqa: S608 - faults are constants

import asyncpg
import pytest

from tests.audit.rule_faults import ENTITIES, found_after

SAFE = "set search_path = pg_catalog, pg_temp"
COUNT = f"as $$ select count(*) from {ENTITIES} $$"
OPEN = "grant execute on function public.f() to authenticated"
FAULTS = [
    ("function-search-path", "create function private.f() returns int language sql return 1"),
    ("function-search-path", "alter function private.max_devices() reset search_path"),
    ("function-search-path", "alter function private.max_devices() set search_path = public, pg_temp"),
    ("function-search-path", """alter function private.max_devices() set search_path = "$user", pg_catalog"""),
    ("function-search-path", "alter function private.readable_owners() set search_path = ''"),
    ("function-search-path", "alter function private.readable_owners() set search_path = pg_temp, pg_catalog"),
    ("definer-owner-superuser", "alter function private.readable_owners() owner to supabase_admin"),
    (
        "definer-blind",
        (
            "create role poor; grant create on schema private to poor; "
            "alter function private.readable_owners() owner to poor"
        ),
    ),
    ("definer-blind", "alter role postgres nobypassrls"),
    ("definer-open", f"create function public.f() returns bigint language sql security definer {SAFE} {COUNT}; {OPEN}"),
    ("definer-open", "grant execute on function public.custom_access_token_hook(jsonb) to anon"),
    ("definer-open", "grant execute on function private.quota_of(uuid) to authenticated"),
    (
        "unreadable-body",
        f"create function private.f(a private.owners) returns void language internal {SAFE} as 'int4in'",
    ),
    (
        "function-decrypts",
        (
            "create function private.f(a bytea) returns text language plpgsql as "
            "$$ begin return extensions.pgp_sym_decrypt(a, 'key'); end $$"
        ),
    ),
    (
        "function-decrypts",
        (
            "create function private.f(a bytea) returns text language plpgsql as "
            "$$ declare r text; begin execute 'select decrypted_secret from vault.decrypted_secrets' into r; "
            "return r; end $$"
        ),
    ),
    (
        "function-decrypts",
        (
            "create function extensions.decrypt(bytea, text) returns text language sql return 'x'; "
            f"create view public.v as select extensions.decrypt(encrypted_blob, 'key') from {ENTITIES}"
        ),
    ),
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
async def test_the_fault_is_found(superuser: asyncpg.Connection, rule: str, fault: str) -> None:
    found = await found_after(superuser, fault, rule)
    assert found, fault
    assert all(one.detail and one.reproduction and one.fix for one in found.values())


@pytest.mark.parametrize(
    ("rule", "harmless"),
    [
        ("function-search-path", "alter function private.max_devices() set search_path = ''"),
        (
            "definer-open",
            (
                f"create function public.f() returns bigint language sql security definer {SAFE} as "
                f"$$ select count(*) from {ENTITIES} as e where e.user_id = auth.uid() $$; "
                f"revoke all on function public.f() from public; {OPEN}"
            ),
        ),
        (
            "unreadable-body",
            (
                "create function private.f() returns void language plpgsql as "
                "$$ declare a private.owners; b private.owners%rowtype; c private.owners.user_id%type; "
                "d private.owners[]; "
                "begin return; end $$"
            ),
        ),
    ],
)
async def test_what_is_no_fault_is_not_found(superuser: asyncpg.Connection, rule: str, harmless: str) -> None:
    assert await found_after(superuser, harmless, rule) == {}
