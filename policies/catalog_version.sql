-- catalog_version: the number of the catalog's state.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: singleton boolean, version bigint
-- triggers: none
-- sample: none
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_version enable row level security;
alter table public.catalog_version force row level security;

revoke all on table public.catalog_version from public, anon, authenticated, service_role;
grant select on table public.catalog_version to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_version for select
to anon, authenticated, medtime_service using (true);
