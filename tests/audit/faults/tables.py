"""Tables: row-level security, columns, constraints, triggers, publications, sequences."""

from tests.audit.faults.fault import ENTITIES, LINKS, USER, Fault

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
