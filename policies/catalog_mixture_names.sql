-- catalog_mixture_names: names of substances that are given together.
--
-- Who may do what, and why
--   Public knowledge: everybody may read it, with a token or without. Only a seed writes it, as the owner of the schema
--   (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: folded text, mixture uuid, name text, language text, kind text
-- triggers: none
-- sample: insert into public.catalog_mixture_names (folded, mixture, name, language, kind)
--   values ('audit-' || left(($1::uuid)::text, 8), $1, 'audit', 'en', 'ban')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_mixture_names enable row level security;
alter table public.catalog_mixture_names force row level security;

revoke all on table public.catalog_mixture_names from public, anon, authenticated, service_role;
grant select on table public.catalog_mixture_names to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_mixture_names for select
to anon, authenticated, medtime_service using (true);
