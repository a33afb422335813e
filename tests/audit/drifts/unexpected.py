"""Drifts by which something is there that no migration makes."""

from tests.audit.drifts.drift import ENTITIES, STATUS, unexpected

UNEXPECTED = (
    unexpected(f"create policy everyone on {ENTITIES} to anon using (true)", f"policy everyone on {ENTITIES}"),
    unexpected("create table public.by_hand (id int primary key, b text unique)", "table public.by_hand"),
    unexpected(f"alter table {ENTITIES} add column drug_name text", f"column {ENTITIES}.drug_name"),
    unexpected(f"create view public.seen as table {ENTITIES}", "view public.seen"),
    unexpected("create materialized view public.kept as select 1 as a", "materialized view public.kept"),
    unexpected("create sequence private.numbers", "sequence private.numbers"),
    unexpected("create type public.mood as enum ('good', 'bad')", "enum public.mood"),
    unexpected("create type public.pair as (a int, b text)", "composite type public.pair"),
    unexpected("create domain public.name as text check (value <> '')", "domain public.name"),
    unexpected("create function public.f(a int) returns int language sql return a", "function public.f(integer)"),
    unexpected("create procedure public.p() language sql as ''", "procedure public.p()"),
    unexpected("create aggregate public.g(int) (sfunc = int4pl, stype = int)", "aggregate public.g(integer)"),
    unexpected(
        f"create trigger spy before delete on {ENTITIES} for each row execute function private.keep_device()",
        f"trigger spy on {ENTITIES}",
    ),
    unexpected(f"create rule quiet as on delete to {ENTITIES} do instead nothing", f"rule quiet on {ENTITIES}"),
    unexpected(f"create index slow on {ENTITIES} (checksum)", "index public.slow"),
    unexpected(f"create statistics public.s on version, user_id from {ENTITIES}", "statistics public.s"),
    unexpected(f"alter table {STATUS} add constraint c check (sync_version < 9)", f"constraint c on {STATUS}"),
    unexpected(f"create publication spread for table {ENTITIES}", "publication spread"),
    unexpected("create publication spread for all tables", "publication spread"),
    unexpected("create publication spread for tables in schema private", "publication spread"),
    unexpected(
        "create role helper superuser;"
        "create function public.e() returns event_trigger language plpgsql as 'begin end';"
        "alter extension plpgsql add function public.e(); create event trigger spy on ddl_command_end "
        "execute function public.e(); alter event trigger spy owner to helper",
        "event trigger spy",
    ),
    unexpected(
        "alter default privileges for role postgres in schema public grant select on tables to anon",
        "default privileges postgres on tables in public",
    ),
    unexpected(
        "alter default privileges for role postgres grant all on types to anon",
        "default privileges postgres on types",
    ),
    unexpected("grant service_role to medtime_service", "membership medtime_service in service_role"),
    unexpected("create role backdoor login; grant authenticated to backdoor", "membership backdoor in authenticated"),
)
