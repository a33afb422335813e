-- The schema `private` holds what the API must not reach: helpers, the owners' counters, the epoch.
-- It is not among PostgREST's exposed schemas (supabase/config.toml, api.schemas).

-- Our SECURITY DEFINER helpers read tables whose RLS is forced. An owner without BYPASSRLS would
-- silently see nothing there, so a wrong role is refused here, at the first statement.
do $$
begin
  if not exists (
    select from pg_catalog.pg_roles
    where rolname = current_user and (rolsuper or rolbypassrls)
  ) then
    raise exception 'the role % cannot run the migrations of MedTime: it has no BYPASSRLS', current_user
      using hint = 'Run them as postgres (Supabase), or: alter role ' || quote_ident(current_user) || ' bypassrls;';
  end if;
end
$$;

create schema private;
comment on schema private is 'Helpers, counters and the epoch of MedTime. Never exposed through the API.';
revoke all on schema private from public;
grant usage on schema private to authenticated;

-- Functions are executable by everyone unless that is taken away. Not in a schema alone: what Postgres gives by default
-- can only be taken back for all of a role's functions.
alter default privileges revoke execute on functions from public;

-- Every function has search_path = pg_catalog, pg_temp: with an empty one, a type made in the caller's temporary
-- schema would come before Postgres's own, and its check would run with the rights of a definer function.

create table private.epoch (
  singleton boolean primary key default true check (singleton),
  epoch uuid not null default gen_random_uuid(),
  started_at timestamptz not null default now()
);
comment on table private.epoch is 'One row: the random id of this database''s history. Renewed after a restore, so that clocks of the lost history are told to start over (410).';
comment on column private.epoch.singleton is 'Always true: keeps the table at one row.';
comment on column private.epoch.epoch is 'The id itself.';
comment on column private.epoch.started_at is 'When this history began.';

insert into private.epoch default values;

alter table private.epoch enable row level security;
alter table private.epoch force row level security;
revoke all on table private.epoch from public, anon, authenticated, service_role;
grant select on table private.epoch to authenticated;
create policy "any user may know the epoch" on private.epoch for select to authenticated
using ((select auth.uid()) is not null);

create function private.raise_problem(sqlstate text, problem text, facts jsonb default '{}')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = sqlstate, message = problem, detail = facts::text;
end
$$;
comment on function private.raise_problem(text, text, jsonb) is 'Raises a problem of MedTime: SQLSTATE MTnnn (nnn is the HTTP status), the problem''s slug as message, its facts as JSON detail. Never a payload.';
revoke all on function private.raise_problem(text, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function private.raise_problem(text, text, jsonb) to authenticated;
