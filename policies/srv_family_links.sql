-- srv_family_links: which caregiver may read which owner.
--
-- Who may do what, and why
--   Both sides of a link see it, and nobody else: a caregiver must not learn who the other caregivers of an owner are.
--   Only the family functions write; a user who could insert a link would read whom they like.
--   The hash of an invitation's code is read by nobody: who has it could try codes without the server.
--
-- rows belong to: supervised_user_id, supervisor_id
-- columns: id uuid, supervised_user_id uuid, supervisor_id uuid, status text, code_hash bytea, created_at timestamptz,
--   updated_at timestamptz, expires_at timestamptz
-- triggers: wake_both_sides
-- sample: insert into public.srv_family_links (supervised_user_id, code_hash, expires_at)
--   values ($1, sha256(uuid_send(gen_random_uuid())), now() + interval '1 hour')
--
-- | persona    | select | insert | update | delete | truncate |
-- |------------|--------|--------|--------|--------|----------|
-- | every user | own    | -      | -      | -      | -        |

alter table public.srv_family_links enable row level security;
alter table public.srv_family_links force row level security;

revoke all on table public.srv_family_links from public, anon, authenticated, service_role;
grant select (id, supervised_user_id, supervisor_id, status, created_at, updated_at, expires_at)
on table public.srv_family_links to authenticated;

-- Two comparisons, not one `in`: each is a range of an index.
create policy "both sides of a link may see it" on public.srv_family_links for select to authenticated
using (supervised_user_id = (select auth.uid()) or supervisor_id = (select auth.uid()));
