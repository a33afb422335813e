-- catalog_documents: what a search reads of each product.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: product_id text, rank integer, tokens tsvector, mixture uuid, head_of text, substances text[],
--   source text, country text, status text
-- triggers: none
-- sample: insert into public.catalog_documents (product_id, rank, tokens, substances, source, country, status)
--   select max(p.id), 0, '', '{}', 'ema', 'EU', 'active'
--   from public.catalog_products as p
--   where p.id like 'ema:audit-' || left(($1::uuid)::text, 8) || '%'
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_documents enable row level security;
alter table public.catalog_documents force row level security;

revoke all on table public.catalog_documents from public, anon, authenticated, service_role;
grant select on table public.catalog_documents to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_documents for select
to anon, authenticated, medtime_service using (true);
