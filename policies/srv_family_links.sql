-- srv_family_links: which caregiver may read which owner.
--
-- Who may do what, and why
--   Both sides of a link see it, and nobody else: a caregiver must not learn who the other caregivers of an owner are.
--   Only the family functions write; a user who could insert a link would read whom they like.
--
-- rows belong to: supervised_user_id, supervisor_id
-- columns: id uuid, supervised_user_id uuid, supervisor_id uuid, status text, created_at timestamptz,
--   updated_at timestamptz
-- triggers: none
-- sample: none
--
-- | persona    | select | insert | update | delete | truncate |
-- |------------|--------|--------|--------|--------|----------|
-- | every user | own    | -      | -      | -      | -        |

alter table public.srv_family_links enable row level security;
alter table public.srv_family_links force row level security;

revoke all on table public.srv_family_links from public, anon, authenticated, service_role;
grant select on table public.srv_family_links to authenticated;

create policy "both sides of a link may see it" on public.srv_family_links for select to authenticated
using ((select auth.uid()) in (supervised_user_id, supervisor_id));
