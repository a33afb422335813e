-- Where no product has all words, a word that the catalog knows is suggested itself, and never another drug in its place:
-- 'rituximab sc' is rituximab, and not ublituximab.
create or replace function public.catalog_suggestions(words text[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
return (
  with asked as materialized (
    select
      a.word,
      public.catalog_deletions(a.word) as deletions,
      (
        select max(k.products) from public.catalog_lexicon as k
        where k.word in (a.word, '~' || a.word) or (k.sound = public.catalog_sound(a.word) and k.sound <> '')
      ) as products
    from unnest(words[:8]) as a (word)
    where length(a.word) between 3 and 40 and a.word !~ '[0-9#?:~]'
  ),

  near as materialized (
    select a.word as sought, l.word, l.products from asked as a
    inner join public.catalog_lexicon as l on l.deletions && a.deletions and l.word !~ '[0-9#?:~]'
    where a.products is null
    union
    select a.word, l.word, l.products from asked as a
    inner join public.catalog_lexicon as l on l.word operator (extensions.%) a.word and l.word !~ '[0-9#?:~]'
    where a.products is null
    union
    -- Alone it has found nothing that may be shown. Of several the rarest first: it tells most.
    select a.word, a.word, -a.products from asked as a
    where a.products is not null and cardinality(words) > 1
  ),

  once as (
    select n.word, max(extensions.similarity(n.word, n.sought)) as likeness, n.products from near as n
    group by n.word, n.products
    order by max(extensions.similarity(n.word, n.sought)) desc, n.products desc, n.word collate "C" -- noqa: RF03
    limit 5
  )

  select coalesce(jsonb_agg(o.word order by o.likeness desc, o.products desc, o.word collate "C"), '[]') from once as o -- noqa: RF03
);
comment on function public.catalog_suggestions(text[]) is 'Up to five words for a query that finds nothing: those of its own that the catalog knows, and for the others words of the catalog that are like them.';
