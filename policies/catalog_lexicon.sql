-- catalog_lexicon: the words of the documents, for spelling.
--
-- Who may do what, and why
--   Public knowledge from public registers: everybody may read it, with a token or without. Only a seed writes it, as the
--   owner of the schema (medtime catalog seed). service_role has nothing: whoever uses it can read as anon.
--
-- rows belong to: nobody
-- columns: word text, products integer, sound text, deletions text[]
-- triggers: none
-- sample: insert into public.catalog_lexicon (word, products, sound, deletions)
--   values ('audit-' || left(($1::uuid)::text, 8), 1, '', '{}')
--
-- | persona             | select | insert | update | delete | truncate |
-- |---------------------|--------|--------|--------|--------|----------|
-- | every user          | public | -      | -      | -      | -        |
-- | anon                | public | -      | -      | -      | -        |
-- | medtime_service     | public | -      | -      | -      | -        |

alter table public.catalog_lexicon enable row level security;
alter table public.catalog_lexicon force row level security;

revoke all on table public.catalog_lexicon from public, anon, authenticated, service_role;
grant select on table public.catalog_lexicon to anon, authenticated, medtime_service;

create policy "everybody may read the catalog" on public.catalog_lexicon for select
to anon, authenticated, medtime_service using (true);
