-- catalog_substances: what drugs are made of, the same in all sources.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: id text, name_en text, name_es text
-- triggers: none
-- sample: insert into public.catalog_substances (id, name_en)
--   values ('audit-' || left(($1::uuid)::text, 8), 'audit')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_substances enable row level security;
alter table public.catalog_substances force row level security;

revoke all on table public.catalog_substances from public, anon, authenticated, service_role;
grant select on table public.catalog_substances to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_substances for select
to anon, authenticated, medtime_service using (true);
