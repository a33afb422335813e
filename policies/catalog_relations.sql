-- catalog_relations: which products belong together.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: product_id text, kind text, target_id text
-- triggers: none
-- sample: insert into public.catalog_relations (product_id, kind, target_id)
--   values ('ema:audit-' || left(($1::uuid)::text, 8), 'same-product',
--   'ema:audit-' || left(($1::uuid)::text, 8))
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_relations enable row level security;
alter table public.catalog_relations force row level security;

revoke all on table public.catalog_relations from public, anon, authenticated, service_role;
grant select on table public.catalog_relations to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_relations for select
to anon, authenticated, medtime_service using (true);
