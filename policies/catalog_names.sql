-- catalog_names: every name a source gives a product.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: product_id text, folded text, name text, language text, kind text
-- triggers: none
-- sample: insert into public.catalog_names (product_id, folded, name, language, kind)
--   values ('ema:audit-' || left(($1::uuid)::text, 8), 'audit', 'audit', 'en', 'name')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_names enable row level security;
alter table public.catalog_names force row level security;

revoke all on table public.catalog_names from public, anon, authenticated, service_role;
grant select on table public.catalog_names to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_names for select
to anon, authenticated, medtime_service using (true);
