"""Faults that people make in a schema like ours, each as SQL, and the finding by which the audit tells it.

docs/policies_comparison.md shows the same faults to pgrls and to Supabase's advisors.
"""

from dataclasses import dataclass

ENTITIES = "public.srv_encrypted_entities"
LINKS = "public.srv_family_links"
USER = "every user"
READ = '"owner and caregivers may read"'


@dataclass(frozen=True)
class Fault:
    """One fault. `undo` takes back what is not in the database alone (roles); such faults need the superuser."""

    name: str
    sql: str
    finding: str
    superuser: bool = False
    undo: str = ""


GRANTS = (
    Fault(
        "TRUNCATE granted to anon",
        f"grant truncate on {ENTITIES} to anon",
        f"undeclared-access:{ENTITIES}:anon:truncate",
    ),
    Fault(
        "everything granted to service_role",
        f"grant all on {ENTITIES} to service_role",
        f"undeclared-access:{ENTITIES}:service_role:select",
    ),
    Fault(
        "UPDATE granted on the whole table instead of columns",
        f"grant update on {ENTITIES} to authenticated",
        f"undeclared-column-access:{ENTITIES}:{USER}:update user_id",
    ),
    Fault(
        "the hash of invitation codes made readable",
        f"grant select on {LINKS} to authenticated",
        f"undeclared-column-access:{LINKS}:{USER}:select code_hash",
    ),
    Fault(
        "DELETE granted, no policy for it",
        f"grant delete on {ENTITIES} to authenticated",
        f"grant-without-policy:{ENTITIES}*",
    ),
    Fault(
        "a grant with grant option",
        f"grant select on {ENTITIES} to authenticated with grant option",
        f"grant-option:{ENTITIES}*",
    ),
    Fault(
        "REFERENCES granted to users",
        f"grant references on {ENTITIES} to authenticated",
        f"references-granted:{ENTITIES}*",
    ),
    Fault("TRIGGER granted to users", f"grant trigger on {ENTITIES} to authenticated", f"trigger-granted:{ENTITIES}*"),
    Fault(
        "a grant lost",
        "revoke select on public.srv_sync_status from authenticated",
        f"missing-access:public.srv_sync_status:{USER}:select",
    ),
    Fault("CREATE granted in an exposed schema", "grant create on schema public to authenticated", "schema-create:*"),
    Fault("anon let into private", "grant usage on schema private to anon", "undeclared-access:private:anon:usage"),
    Fault(
        "new tables open by default",
        "alter default privileges in schema public grant select on tables to anon",
        "default-privileges-open:*",
    ),
    Fault(
        "new functions open by default",
        "alter default privileges grant execute on functions to public",
        "default-privileges-open:functions*",
    ),
)
POLICIES = (
    Fault("a policy dropped", f"drop policy {READ} on {ENTITIES}", f"missing-access:{ENTITIES}:{USER}:select"),
    Fault(
        "the SELECT policy dropped where rows are inserted",
        f"drop policy {READ} on {ENTITIES}",
        f"select-policy-missing:{ENTITIES}*",
    ),
    Fault(
        "WITH CHECK (true)",
        f'alter policy "owner may add" on {ENTITIES} with check (true)',
        f"undeclared-access:{ENTITIES}:{USER}:insert",
    ),
    Fault(
        "USING (true) for UPDATE",
        f'alter policy "owner may change" on {ENTITIES} using (true)',
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "rows may be handed over",
        f"""grant update (user_id) on {ENTITIES} to authenticated;
        alter policy "owner may change" on {ENTITIES} with check (true)""",
        f"undeclared-access:{ENTITIES}:{USER}:hand over",
    ),
    Fault(
        "always true, spelt user_id = user_id",
        f"alter policy {READ} on {ENTITIES} using (user_id = user_id)",
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "always true, spelt coalesce(true, …)",
        f"alter policy {READ} on {ENTITIES} using (coalesce(true, user_id = (select auth.uid())))",
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "or auth.uid() is null",
        """alter policy "user may see their own requests" on public.srv_ocr_requests
        using (user_id = (select auth.uid()) or (select auth.uid()) is null)""",
        "policy-null-uid:public.srv_ocr_requests*",
    ),
    Fault(
        "auth.uid() not wrapped in a select",
        'alter policy "user may see their own requests" on public.srv_ocr_requests using (user_id = auth.uid())',
        "policy-bare-auth-call:public.srv_ocr_requests*",
    ),
    Fault(
        "auth.uid() wrapped once and bare once",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (supervised_user_id = (select auth.uid()) or supervisor_id = auth.uid())""",
        f"policy-bare-auth-call:{LINKS}*",
    ),
    Fault(
        "a policy for anon",
        f"""grant select on {ENTITIES} to anon;
        create policy "the public may read" on {ENTITIES} for select to anon using (deleted_at is null)""",
        f"undeclared-access:{ENTITIES}:anon:select",
    ),
    Fault(
        "a policy for PUBLIC",
        'alter policy "user may see their own requests" on public.srv_ocr_requests to public',
        "policy-to-public:public.srv_ocr_requests*",
    ),
    Fault(
        "access decided from user_metadata",
        f"""create policy "staff may read" on {ENTITIES} for select to authenticated
        using ((select auth.jwt() -> 'user_metadata' ->> 'staff') = 'true')""",
        f"policy-trusts-metadata:{ENTITIES}*",
    ),
    Fault(
        "users may make their own links",
        f"""grant insert on {LINKS} to authenticated;
        create policy "join" on {LINKS} for insert to authenticated with check (supervisor_id = (select auth.uid()))""",
        f"undeclared-access:{LINKS}:{USER}:insert",
    ),
    Fault(
        "users may delete entities",
        f"""grant delete on {ENTITIES} to authenticated;
        create policy "owner may delete" on {ENTITIES} for delete to authenticated
        using (user_id = (select auth.uid()))""",
        f"undeclared-access:{ENTITIES}:{USER}:delete",
    ),
    Fault(
        "a policy without its grant",
        f"""create policy "owner may delete" on {ENTITIES} for delete to authenticated
        using (user_id = (select auth.uid()))""",
        f"policy-unreachable:{ENTITIES}*",
    ),
    Fault(
        "two tables whose policies ask each other",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (exists (select from {ENTITIES} as e where e.user_id = supervised_user_id));
        alter policy {READ} on {ENTITIES}
        using (user_id in (select l.supervised_user_id from {LINKS} as l))""",
        "policy-recursion:*",
    ),
    Fault(
        "a policy that asks its own table",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (supervised_user_id in (select l.supervised_user_id from {LINKS} as l))""",
        f"policy-recursion:*{LINKS.removeprefix('public.')}*",
    ),
    Fault(
        "an index of a policy dropped",
        "drop index public.srv_ocr_requests_user",
        "policy-unindexed:public.srv_ocr_requests*",
    ),
)
TABLES = (
    Fault(
        "row-level security switched off",
        "alter table public.srv_sync_status disable row level security",
        f"undeclared-access:public.srv_sync_status:{USER}:select",
    ),
    Fault(
        "row-level security not forced", f"alter table {LINKS} no force row level security", f"rls-not-forced:{LINKS}*"
    ),
    Fault(
        "a new table without policies, granted to all",
        """create table public.notes (id uuid primary key, user_id uuid, body text);
        grant all on public.notes to authenticated""",
        "undeclared-object:*public.notes*",
    ),
    Fault(
        "a column for the name of a drug",
        f"alter table {ENTITIES} add column drug_name text",
        f"undeclared-column:{ENTITIES}*",
    ),
    Fault(
        "a json column on an entity table",
        f"alter table {ENTITIES} add column extra jsonb",
        f"cleartext-column:{ENTITIES}*",
    ),
    Fault(
        "the limit of a blob dropped",
        f"alter table {ENTITIES} drop constraint blob_at_most_1_mib",
        f"cleartext-column:{ENTITIES}*",
    ),
    Fault(
        "a primary key that tells which ids exist",
        f"alter table {ENTITIES} drop constraint srv_encrypted_entities_pkey, add primary key (id)",
        f"existence-oracle:{ENTITIES}*",
    ),
    Fault(
        "a trigger that copies blobs",
        f"""create table private.history (blob bytea);
        create function private.copy_blob() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as
        $$ begin insert into private.history (blob) values (new.encrypted_blob); return new; end $$;
        create trigger copy_blob before insert on {ENTITIES} for each row execute function private.copy_blob()""",
        "blob-copied:*",
    ),
    Fault(
        "a trigger that sends rows to listeners",
        f"""create function private.tell() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as
        $$ begin perform pg_notify('changes', to_jsonb(new)::text); return new; end $$;
        create trigger tell after insert on {ENTITIES} for each row execute function private.tell()""",
        "undeclared-trigger:*",
    ),
    Fault(
        "a rule that rewrites writes",
        f"create rule also as on insert to {ENTITIES} do also update private.epoch set started_at = now()",
        f"rewrite-rule:*{ENTITIES}*",
    ),
    Fault("a trigger switched off", f"alter table {ENTITIES} disable trigger guard_entity", "drift-changed:trigger *"),
    Fault(
        "entities published to Realtime",
        f"create publication supabase_realtime for table {ENTITIES}",
        "published-table:*",
    ),
    Fault("all tables published", "create publication everything for all tables", "published-table:*", superuser=True),
    Fault(
        "a sequence for everyone",
        "create sequence public.numbers; grant usage, select on public.numbers to anon",
        "undeclared-access:public.numbers:anon:usage",
    ),
)
VIEWS_AND_FUNCTIONS = (
    Fault(
        "a view that runs as its owner",
        f"create view public.entities as select * from {ENTITIES}; grant select on public.entities to authenticated",
        "view-not-invoker:public.entities*",
    ),
    Fault(
        "a view through which users may delete",
        f"create view public.entities as select * from {ENTITIES}; grant delete on public.entities to authenticated",
        f"undeclared-access:public.entities:{USER}:delete",
    ),
    Fault(
        "a materialized view of everybody's rows",
        f"""create materialized view public.sizes as select user_id, blob_size from {ENTITIES};
        grant select on public.sizes to authenticated""",
        "view-exposed:public.sizes*",
    ),
    Fault(
        "a view of Auth's users",
        "create view public.people as select id, email from auth.users; grant select on public.people to authenticated",
        f"undeclared-access:public.people:{USER}:select",
    ),
    Fault(
        "a helper without a search path",
        "alter function private.may_read(uuid) reset search_path",
        "function-search-path:private.may_read*",
    ),
    Fault(
        "a function left to everyone",
        "grant execute on function public.srv_status(uuid, boolean) to public",
        "function-public-execute:public.srv_status*",
    ),
    Fault(
        "a new function, nothing revoked",
        """create function public.how_many() returns bigint language sql security definer set search_path = ''
        as 'select count(*) from public.srv_encrypted_entities';
        grant execute on function public.how_many() to public""",
        "undeclared-object:*public.how_many*",
    ),
    Fault(
        "a function of the service given to users",
        "grant execute on function private.session_state(uuid, uuid) to authenticated",
        f"undeclared-access:private.session_state(uuid, uuid):{USER}:execute",
    ),
    Fault(
        "a helper that says yes to everyone",
        """create or replace function private.may_read(owner uuid) returns boolean language sql stable security definer
        set search_path = pg_catalog, pg_temp as 'select true'; alter function public.srv_status security definer""",
        "function-tells:public.srv_status*:stranger:leak",
    ),
    Fault(
        "revoked and pending links taken for active",
        """create or replace function private.readable_owners() returns setof uuid language sql stable security definer
        set search_path = pg_catalog, pg_temp as
        'select l.supervised_user_id from public.srv_family_links as l where l.supervisor_id = auth.uid()'""",
        f"undeclared-access:{ENTITIES}:caregiver revoked:select",
    ),
    Fault(
        "a helper whose owner obeys the policies",
        """create role medtime_blind nologin; grant medtime_blind to postgres;
        grant create, usage on schema private to medtime_blind;
        grant select on public.srv_family_links to medtime_blind;
        alter function private.readable_owners() owner to medtime_blind""",
        "definer-blind:private.readable_owners*",
        superuser=True,
        undo="drop owned by medtime_blind cascade; drop role medtime_blind",
    ),
    Fault(
        "a function that decrypts",
        """set check_function_bodies = off;
        create function public.open_blob(blob bytea, key text) returns text language sql as
        'select extensions.pgp_sym_decrypt(blob, key)'""",
        "function-decrypts:public.open_blob*",
    ),
)
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
FAULTS = (*GRANTS, *POLICIES, *TABLES, *VIEWS_AND_FUNCTIONS, *ROLES)
