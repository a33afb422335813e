"""What Supabase or an operator rightly does, which is no drift."""

from tests.audit.drifts.drift import ENTITIES

TOLERATED = (
    "grant usage, create on schema public to postgres",
    "alter schema public owner to supabase_admin",
    "alter role anon inherit",
    "alter role service_role nobypassrls",
    "alter role authenticator set statement_timeout = '1s'",
    "create publication supabase_realtime",
    "alter default privileges for role supabase_admin in schema public grant all on tables to anon, authenticated",
    "create role supabase_storage_admin; grant authenticated to supabase_storage_admin",
    "create role supabase_storage_admin; grant supabase_storage_admin to authenticator",
    "revoke admin option for service_role from postgres",
    """
    create function extensions.e() returns event_trigger language plpgsql as 'begin end';
    create event trigger theirs on ddl_command_end execute function extensions.e()
    """,
    """
    create function public.f() returns int language sql as 'select 1';
    alter extension plpgsql add function public.f()
    """,
    """
    create table public.t (a int primary key, b text unique check (b <> ''));
    alter extension plpgsql add table public.t
    """,
    f"comment on table {ENTITIES} is 'changed'",
    "create schema other; create table other.t (a int); grant all on other.t to anon",
    "insert into private.tiers values ('gold', 1)",
)
