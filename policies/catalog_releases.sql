-- catalog_releases: which files were taken in, and what came of them.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: id bigint, source text, released_on date, seeded_at timestamptz, origin text, sha256 text,
--   products integer, added integer, changed integer, withdrawn integer, rejected integer, left_out jsonb
-- triggers: none
-- sample: insert into public.catalog_releases
--   (source, released_on, origin, sha256, products, added, changed, withdrawn, rejected)
--   select 'ema', '2026-01-01', 'audit', repeat('0', 64), 1, 1, 0, 0, 0
--   from (select $1::uuid as asked) as a
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_releases enable row level security;
alter table public.catalog_releases force row level security;

revoke all on table public.catalog_releases from public, anon, authenticated, service_role;
grant select on table public.catalog_releases to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_releases for select
to anon, authenticated, medtime_service using (true);
