-- Supabase Auth calls the hook before it signs an access token, at each sign-in and each refresh (config.toml,
-- auth.hook.custom_access_token; on a hosted project: Authentication, Hooks). It has two seconds; when it fails,
-- nobody can sign in. So it reads three rows by index, and refuses nothing.
create table private.identity_settings (
  singleton boolean primary key default true check (singleton),
  audience text not null default 'medtime-api' constraint audience_is_a_name check (audience ~ '^[!-~]{1,200}$')
);
comment on table private.identity_settings is 'One row: what an operator may set about access tokens.';
comment on column private.identity_settings.singleton is 'Always true: keeps the table at one row.';
comment on column private.identity_settings.audience is 'The audience (aud) of new access tokens; the service must accept it (MEDTIME_JWT_AUDIENCE). To change it, let the service accept both, then as postgres: update private.identity_settings set audience = ''…''; an hour later no token has the old one. ''authenticated'' is what Auth gives by itself.';

insert into private.identity_settings default values;

alter table private.identity_settings enable row level security;
alter table private.identity_settings force row level security;
revoke all on table private.identity_settings from public, anon, authenticated, service_role;

-- Whether an owner shares, and the oldest link of a caregiver, are the first entry of a range.
create index srv_family_links_active_owner on public.srv_family_links (supervised_user_id)
where status = 'active';
create index srv_family_links_active_caregiver on public.srv_family_links (supervisor_id, created_at, id)
where status = 'active';

create function private.family_of(member uuid)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (
      select jsonb_build_object('family_id', family_of.member, 'family_role', 'owner')
      where exists (
        select
        from public.srv_family_links as l
        where l.supervised_user_id = family_of.member and l.status = 'active'
      )
    ),
    (
      select jsonb_build_object('family_id', l.supervised_user_id, 'family_role', 'caregiver')
      from public.srv_family_links as l
      where l.supervisor_id = family_of.member and l.status = 'active'
      order by l.created_at, l.id
      limit 1
    ),
    '{}'
  )
$$;
comment on function private.family_of(uuid) is 'The claims about a user''s family: {family_id, family_role}, of an owner with a caregiver before those of a caregiver; {} without an active link. For display: access is decided from the links. Called by our definer functions only.';
revoke all on function private.family_of(uuid) from public, anon, authenticated, service_role;

create function public.custom_access_token_hook(event jsonb)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Auth's sessions live long and keep plans, made while the tables were small: none may read a whole table, or all links
-- of a caregiver in order to sort them.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
  select jsonb_set(
    event,
    '{claims}',
    -- Ours are taken out first: what a user or another hook put there must not pass for ours.
    (event -> 'claims') - array['tier', 'family_id', 'family_role']
    || private.family_of((event ->> 'user_id')::uuid)
    || jsonb_build_object(
      'tier', private.tier_of((event ->> 'user_id')::uuid),
      'aud', (select s.audience from private.identity_settings as s)
    )
  )
$$;
comment on function public.custom_access_token_hook(jsonb) is 'Supabase Auth''s custom access token hook: adds tier, family_id and family_role to the claims, sets aud, and leaves all else as it is; never role, which decides the database role. Checked by: medtime users hook-check.';
revoke all on function public.custom_access_token_hook(jsonb) from public, anon, authenticated, service_role;
grant usage on schema public to supabase_auth_admin;
grant execute on function public.custom_access_token_hook(jsonb) to supabase_auth_admin;
