-- catalog_ingredients: what is in a product, how much of it.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: product_id text, place smallint, name text, substance_id text, strength text, amount numeric, unit text,
--   per_amount numeric, per_unit text
-- triggers: none
-- sample: insert into public.catalog_ingredients (product_id, place, name) values ('ema:audit-' || left(($1::uuid)::text, 8), 1, 'audit')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_ingredients enable row level security;
alter table public.catalog_ingredients force row level security;

revoke all on table public.catalog_ingredients from public, anon, authenticated, service_role;
grant select on table public.catalog_ingredients to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_ingredients for select
to anon, authenticated, medtime_service using (true);
