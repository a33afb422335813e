-- catalog_codes: the numbers of a product in this and other systems.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: product_id text, system text, code text, folded text
-- triggers: none
-- sample: insert into public.catalog_codes (product_id, system, code, folded)
--   values ('ema:audit-' || left(($1::uuid)::text, 8), 'ema', 'audit', 'audit')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_codes enable row level security;
alter table public.catalog_codes force row level security;

revoke all on table public.catalog_codes from public, anon, authenticated, service_role;
grant select on table public.catalog_codes to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_codes for select
to anon, authenticated, medtime_service using (true);
