-- catalog_substance_names: every name of a substance.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: folded text, substance_id text, name text, language text, kind text
-- triggers: none
-- sample: insert into public.catalog_substance_names (folded, substance_id, name, language, kind)
--   values ('audit', 'audit-' || left(($1::uuid)::text, 8), 'audit', 'en', 'source')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_substance_names enable row level security;
alter table public.catalog_substance_names force row level security;

revoke all on table public.catalog_substance_names from public, anon, authenticated, service_role;
grant select on table public.catalog_substance_names to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_substance_names for select
to anon, authenticated, medtime_service using (true);
