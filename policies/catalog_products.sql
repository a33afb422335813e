-- catalog_products: products, ingredients and brands as the sources know them.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: id text, source text, kind text, name text, language text, country text, brand text, form text,
--   route text, holder text, status text, status_on date, successor_id text, details jsonb, fingerprint text,
--   first_release_id bigint, last_release_id bigint, updated_at timestamptz
-- triggers: none
-- sample: insert into public.catalog_products
--   (id, source, kind, name, language, country, status, fingerprint, first_release_id, last_release_id)
--   select 'ema:audit-' || left(($1::uuid)::text, 8), 'ema', 'product', 'audit', 'en', 'EU', 'active', repeat('0', 64),
--   max(r.id), max(r.id)
--   from public.catalog_releases as r
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_products enable row level security;
alter table public.catalog_products force row level security;

revoke all on table public.catalog_products from public, anon, authenticated, service_role;
grant select on table public.catalog_products to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_products for select
to anon, authenticated, medtime_service using (true);
