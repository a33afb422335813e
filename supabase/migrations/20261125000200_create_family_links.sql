-- Who may read whose entities. The functions that invite, accept and revoke come with their own migration.
create table public.srv_family_links (
  id uuid primary key default gen_random_uuid(),
  supervised_user_id uuid not null references auth.users (id) on delete cascade,
  supervisor_id uuid references auth.users (id) on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'active', 'revoked')),
  code_hash bytea constraint code_hash_is_a_sha256 check (octet_length(code_hash) = 32),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz,
  constraint nobody_supervises_themselves check (supervisor_id <> supervised_user_id),
  -- Invitations have no caregiver yet, so an owner may have several.
  constraint one_link_per_pair unique (supervisor_id, supervised_user_id),
  constraint an_active_link_has_a_caregiver check (supervisor_id is not null or status <> 'active'),
  constraint an_open_invitation_has_a_code_and_an_end check (
    supervisor_id is not null or status <> 'pending' or (code_hash is not null and expires_at is not null)
  ),
  constraint a_revoked_link_has_no_code check (status <> 'revoked' or code_hash is null),
  constraint only_a_pending_link_ends_by_itself check (status = 'pending' or expires_at is null)
);
comment on table public.srv_family_links is 'Which caregiver may read which owner, and the invitations to it. Decided at query time, never from a claim.';
comment on column public.srv_family_links.id is 'Names the link.';
comment on column public.srv_family_links.supervised_user_id is 'The owner, who shares.';
comment on column public.srv_family_links.supervisor_id is 'The caregiver, who may read while the link is active. None: an invitation that nobody has accepted.';
comment on column public.srv_family_links.status is 'pending, active or revoked; only active gives access.';
comment on column public.srv_family_links.code_hash is 'SHA-256 of the invitation''s code, while the code means something: until it is declined, withdrawn or the link revoked. Not readable through the API.';
comment on column public.srv_family_links.created_at is 'When the link was made: when the owner invited.';
comment on column public.srv_family_links.updated_at is 'When its status last changed.';
comment on column public.srv_family_links.expires_at is 'Until when the invitation can be accepted; null once it was, or is revoked.';

-- Active ones come first, then pending, then the newest revoked: the first entries of a range are what a list shows.
create index srv_family_links_owner on public.srv_family_links (supervised_user_id, status, updated_at desc);
-- It carries the owner, so that policies, which look up all of a caregiver's owners, read the index alone.
create index srv_family_links_caregiver on public.srv_family_links (supervisor_id, status, updated_at desc)
include (supervised_user_id);
create unique index srv_family_links_code on public.srv_family_links (code_hash) where code_hash is not null;
create index srv_family_links_invitations on public.srv_family_links (supervised_user_id, updated_at desc)
where supervisor_id is null;
-- What the cleanup looks for.
create index srv_family_links_expiring on public.srv_family_links (expires_at) where status = 'pending';
create index srv_family_links_ended on public.srv_family_links (updated_at) where status = 'revoked';

alter table public.srv_family_links enable row level security;
alter table public.srv_family_links force row level security;
revoke all on table public.srv_family_links from public, anon, authenticated, service_role;
grant select (id, supervised_user_id, supervisor_id, status, created_at, updated_at, expires_at)
on table public.srv_family_links to authenticated;

-- Two comparisons, not one `in`: each is a range of an index.
create policy "both sides of a link may see it" on public.srv_family_links for select to authenticated
using (supervised_user_id = (select auth.uid()) or supervisor_id = (select auth.uid()));

create function private.readable_owners()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans: none may read all links.
set enable_seqscan = off
set jit = off
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
set enable_seqscan = off
set jit = off
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
