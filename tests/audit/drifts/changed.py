"""Drifts by which something is not as the migrations make it."""

from tests.audit.drifts.drift import ENTITIES, FUNCTION, POLICY, STATUS, changed

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
