"""Ways in which a database drifts, with what the audit must say of each: for test_drift.py."""

from typing import NamedTuple

ENTITIES = "public.srv_encrypted_entities"
STATUS = "public.srv_sync_status"


class Drift(NamedTuple):
    """What somebody did by hand, as a superuser; the ids of the findings; words of the detail of the first.

    `mended` is whether the fix is SQL that brings the database back, given to a superuser.
    """

    sql: str
    ids: tuple[str, ...]
    told: str = ""
    mended: bool = True


def missing(sql: str, thing: str, *, mended: bool = True) -> Drift:
    return Drift(sql, (f"drift-missing:{thing}",), "does not have it", mended)


def unexpected(sql: str, thing: str) -> Drift:
    return Drift(sql, (f"drift-unexpected:{thing}",), "no migration makes")


def changed(sql: str, thing: str, told: str, *, mended: bool = True) -> Drift:
    return Drift(sql, (f"drift-changed:{thing}",), told, mended)


FUNCTION = "private.renew_epoch()"
POLICY = f'policy "owner may add" on {ENTITIES}'
MISSING = (
    missing(f'drop policy "owner may add" on {ENTITIES}', POLICY),
    missing(f"drop trigger guard_entity on {ENTITIES}", f"trigger guard_entity on {ENTITIES}"),
    missing(f"alter table {STATUS} drop constraint device_id_is_a_name", f"constraint device_id_is_a_name on {STATUS}"),
    missing(f"alter table {STATUS} drop constraint one_row_per_device", f"constraint one_row_per_device on {STATUS}"),
    missing("drop index public.srv_encrypted_entities_type", "index public.srv_encrypted_entities_type"),
    missing("drop function private.renew_epoch()", f"function {FUNCTION}", mended=False),
    missing("drop table public.srv_push_outbox cascade", "table public.srv_push_outbox", mended=False),
    missing("alter table private.owners drop column purges", "column private.owners.purges", mended=False),
    missing(
        "revoke authenticated from medtime_service granted by postgres", "membership medtime_service in authenticated"
    ),
)
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
CHANGED = (
    changed("alter schema private owner to service_role", "schema private", "owner: expected postgres, found service_"),
    changed(
        "grant usage on schema private to anon", "schema private", "privileges of anon: expected nothing, found US"
    ),
    changed("grant create on schema public to anon", "schema public", "expected USAGE, found CREATE, USAGE"),
    changed(
        f"alter table {ENTITIES} disable row level security", f"table {ENTITIES}", "row-level security: expected y"
    ),
    changed(
        f"alter table {ENTITIES} no force row level security", f"table {ENTITIES}", "forced row-level security: ex"
    ),
    changed(f"alter table {ENTITIES} replica identity full", f"table {ENTITIES}", "replica identity: expected default"),
    changed(f"alter table {ENTITIES} set (fillfactor = 50)", f"table {ENTITIES}", "fillfactor=50"),
    changed("alter table public.srv_push_outbox set unlogged", "table public.srv_push_outbox", "found unlogged"),
    changed(
        f"grant truncate on {ENTITIES} to anon", f"table {ENTITIES}", "privileges of anon: expected nothing, found T"
    ),
    changed(
        f"grant all on {ENTITIES} to public", f"table {ENTITIES}", "privileges of public: expected nothing, found A"
    ),
    changed(f"grant select on {STATUS} to authenticated with grant option", f"table {STATUS}", "found SELECT*"),
    changed(
        f"revoke insert on {STATUS} from postgres", f"table {STATUS}", "privileges of postgres: expected ALL, found"
    ),
    changed(f"grant update (user_id) on {ENTITIES} to authenticated", f"column {ENTITIES}.user_id", "INSERT, UPDATE"),
    changed(f"revoke insert (id) on {ENTITIES} from authenticated", f"column {ENTITIES}.id", "INSERT, found nothing"),
    changed(f"alter table {ENTITIES} alter version set default 7", f"column {ENTITIES}.version", "default: expected"),
    changed(
        f"alter table {ENTITIES} alter checksum drop not null", f"column {ENTITIES}.checksum", "not null: expected ye"
    ),
    changed(f"alter table {ENTITIES} alter checksum set storage plain", f"column {ENTITIES}.checksum", "found plain"),
    changed(f"alter table {ENTITIES} alter checksum set statistics 9", f"column {ENTITIES}.checksum", "found 9"),
    changed(f"alter table {ENTITIES} alter user_id set (n_distinct = 5)", f"column {ENTITIES}.user_id", "n_distinct=5"),
    changed(
        "alter table private.owners alter reserved_device type varchar",
        "column private.owners.reserved_device",
        "type: expected text, found character varying",
        mended=False,
    ),
    changed(f'alter policy "owner may add" on {ENTITIES} with check (true)', POLICY, "with check: expected (user_id"),
    changed(
        f'alter policy "owner may add" on {ENTITIES} to public', POLICY, "roles: expected authenticated, found pub"
    ),
    changed(
        f'drop policy "owner may add" on {ENTITIES}; create policy "owner may add" on {ENTITIES} as restrictive'
        " for insert to authenticated with check (user_id = (select auth.uid()))",
        POLICY,
        "permissive: expected yes, found no",
    ),
    changed(
        f"alter table {STATUS} drop constraint device_id_is_a_name; alter table {STATUS} add constraint "
        "device_id_is_a_name check (device_id ~ '^[A-Za-z0-9._:-]{1,64}$') not valid",
        f"constraint device_id_is_a_name on {STATUS}",
        "validated: expected yes, found no",
    ),
    changed(
        f"alter table {STATUS} drop constraint device_id_is_a_name; alter table {STATUS} add constraint "
        "device_id_is_a_name check (true)",
        f"constraint device_id_is_a_name on {STATUS}",
        "found CHECK (true)",
    ),
    changed(
        "update pg_index set indisvalid = false where indexrelid = 'public.srv_encrypted_entities_type'::regclass",
        "index public.srv_encrypted_entities_type",
        "valid: expected yes, found no",
    ),
    changed(
        f"alter table {ENTITIES} disable trigger guard_entity", f"trigger guard_entity on {ENTITIES}", "found disabl"
    ),
    changed(
        "update pg_trigger set tgenabled = 'D' where tgisinternal and tgrelid = 'public.srv_sync_status'::regclass",
        f"foreign key srv_sync_status_user_id_fkey on {STATUS}",
        "enforced: expected yes, found no",
    ),
    changed(f"alter function {FUNCTION} owner to service_role", f"function {FUNCTION}", "owner: expected postgres"),
    changed(
        f"alter function {FUNCTION} security invoker", f"function {FUNCTION}", "security definer: expected yes, foun"
    ),
    changed(f"alter function {FUNCTION} reset search_path", f"function {FUNCTION}", "found nothing"),
    changed(f"alter function {FUNCTION} set work_mem = '1GB'", f"function {FUNCTION}", "work_mem=1GB"),
    changed(
        f"alter function {FUNCTION} stable leakproof strict parallel safe", f"function {FUNCTION}", "parallel: expec"
    ),
    changed(
        f"grant execute on function {FUNCTION} to public", f"function {FUNCTION}", "privileges of public: expected"
    ),
    changed(
        "create or replace function private.renew_epoch() returns uuid language sql security definer"
        " set search_path = pg_catalog, pg_temp as 'select null::uuid'",
        f"function {FUNCTION}",
        "body: expected sha256:",
        mended=False,
    ),
    changed("alter role anon bypassrls", "role anon", "bypassrls: expected no, found yes"),
    changed("alter role authenticated superuser", "role authenticated", "superuser: expected no, found yes"),
    changed("alter role medtime_service inherit", "role medtime_service", "inherit: expected no, found yes"),
    changed("alter role medtime_service set statement_timeout = 0", "role medtime_service", "statement_timeout=0"),
    changed("alter role medtime_service reset lock_timeout", "role medtime_service", "lock_timeout=5s"),
    changed(
        "grant authenticated to medtime_service with admin option",
        "membership medtime_service in authenticated",
        "admin: expected no, found yes",
    ),
)
# Kinds that no migration of ours makes yet, and their drifts: as (what they are, the drift).
OTHER_KINDS = """
create view public.seen with (security_invoker = on) as select id from public.srv_ocr_requests;
create type public.mood as enum ('good', 'bad');
create domain public.positive as int constraint above_zero check (value > 0);
create statistics public.together on version, user_id from public.srv_encrypted_entities;
create rule quiet as on delete to public.srv_push_outbox do instead nothing;
create sequence public.numbers;
create publication spread for table public.srv_ocr_requests (id);
create aggregate public.total(int) (sfunc = int4pl, stype = int);
create table public.parts (a int) partition by list (a);
create table public.part partition of public.parts for values in (1);
alter default privileges for role postgres in schema private grant select on tables to service_role;
"""
OF_OTHER_KINDS = (
    changed(
        "alter view public.seen reset (security_invoker)", "view public.seen", "options: expected security_invoker=on"
    ),
    changed(
        "create or replace view public.seen as select id from public.srv_ocr_requests where false; "
        "alter view public.seen set (security_invoker = on)",
        "view public.seen",
        "definition: ",
        mended=False,
    ),
    changed("alter type public.mood add value 'odd'", "enum public.mood", "found good, bad, odd", mended=False),
    changed("revoke usage on type public.mood from public", "enum public.mood", "expected USAGE, found nothing"),
    changed("alter domain public.positive owner to anon", "domain public.positive", "found anon"),
    missing("alter domain public.positive drop constraint above_zero", "constraint above_zero on public.positive"),
    changed(
        "alter domain public.positive drop constraint above_zero;"
        "alter domain public.positive add constraint above_zero check (value > 0) not valid",
        "constraint above_zero on public.positive",
        "validated: expected yes, found no",
    ),
    missing("drop statistics public.together", "statistics public.together"),
    changed(
        "alter table public.srv_push_outbox disable rule quiet", "rule quiet on public.srv_push_outbox", "disabled"
    ),
    changed(
        "create or replace rule quiet as on delete to public.srv_push_outbox do also nothing",
        "rule quiet on public.srv_push_outbox",
        "definition: ",
    ),
    changed("alter sequence public.numbers increment 7", "sequence public.numbers", "by 7", mended=False),
    changed("grant usage on sequence public.numbers to anon", "sequence public.numbers", "found USAGE"),
    changed(
        "alter publication spread set table public.srv_ocr_requests",
        "publication spread",
        "expected public.srv_ocr_requests (id), found public.srv_ocr_requests.",
        mended=False,
    ),
    changed("grant execute on function public.total(int) to anon", "aggregate public.total(integer)", "found EXECUTE"),
    missing("drop table public.part", "table public.part", mended=False),
    missing(
        "alter default privileges for role postgres in schema private revoke select on tables from service_role",
        "default privileges postgres on tables in private",
    ),
)
# What Supabase or an operator rightly does.
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
