-- Who may read whose entities. The functions that invite, accept and revoke come with their own migration.
create table public.srv_family_links (
  id uuid primary key default gen_random_uuid(),
  supervised_user_id uuid not null references auth.users (id) on delete cascade,
  supervisor_id uuid not null references auth.users (id) on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'active', 'revoked')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint nobody_supervises_themselves check (supervisor_id <> supervised_user_id),
  constraint one_link_per_pair unique (supervisor_id, supervised_user_id)
);
comment on table public.srv_family_links is 'Which caregiver may read which owner. Decided at query time, never from a claim.';
comment on column public.srv_family_links.id is 'Names the link.';
comment on column public.srv_family_links.supervised_user_id is 'The owner, who shares.';
comment on column public.srv_family_links.supervisor_id is 'The caregiver, who may read while the link is active.';
comment on column public.srv_family_links.status is 'pending, active or revoked; only active gives access.';
comment on column public.srv_family_links.created_at is 'When the link was made.';
comment on column public.srv_family_links.updated_at is 'When its status last changed.';

create index srv_family_links_supervised on public.srv_family_links (supervised_user_id);

alter table public.srv_family_links enable row level security;
alter table public.srv_family_links force row level security;
revoke all on table public.srv_family_links from public, anon, authenticated, service_role;
grant select on table public.srv_family_links to authenticated;

create policy "both sides of a link may see it" on public.srv_family_links for select to authenticated
using ((select auth.uid()) in (supervised_user_id, supervisor_id));

create function private.readable_owners()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select l.supervised_user_id
  from public.srv_family_links as l
  where l.supervisor_id = auth.uid() and l.status = 'active'
$$;
comment on function private.readable_owners() is 'The owners whose entities the caller may read as an active caregiver.';
revoke all on function private.readable_owners() from public, anon, authenticated, service_role;
grant execute on function private.readable_owners() to authenticated;

create function private.may_read(owner uuid)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select may_read.owner = auth.uid() or exists (
    select
    from public.srv_family_links as l
    where l.supervisor_id = auth.uid() and l.supervised_user_id = may_read.owner and l.status = 'active'
  )
$$;
comment on function private.may_read(uuid) is 'Whether the caller is the owner or an active caregiver.';
revoke all on function private.may_read(uuid) from public, anon, authenticated, service_role;
grant execute on function private.may_read(uuid) to authenticated;
