"""Grants too many, too wide or lost."""

from tests.audit.faults.fault import ENTITIES, LINKS, USER, Fault

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
