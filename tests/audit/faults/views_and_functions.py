"""Views and functions that tell or do more than they should."""

from tests.audit.faults.fault import ENTITIES, USER, Fault

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
