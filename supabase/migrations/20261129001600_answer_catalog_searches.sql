create function public.catalog_hit(
  product_id text, class integer, names text[], readings text[], codes text[], lang text
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
  with known as (
    select n.folded, n.name from public.catalog_names as n
    where n.product_id = catalog_hit.product_id and catalog_hit.class < 6
    union all
    select n.folded, n.name
    from public.catalog_ingredients as i
    inner join public.catalog_substance_names as n using (substance_id)
    where i.product_id = catalog_hit.product_id and catalog_hit.class < 6
    union all
    select n.folded, n.name
    from public.catalog_documents as d
    inner join public.catalog_mixture_names as n using (mixture)
    where d.product_id = catalog_hit.product_id and catalog_hit.class < 6
  ),

  best as (
    select k.name from known as k
    order by
      k.folded = any(names) desc,
      exists (
        select from unnest(names) as n (name)
        where starts_with(k.folded, n.name)
      ) desc,
      (
        select count(*) from unnest(readings) as w (word)
        where position(' ' || w.word in ' ' || k.folded) > 0
      ) desc,
      length(k.folded), k.folded collate "C", k.name collate "C"
    limit 1
  ),

  contents as (
    select jsonb_agg(jsonb_build_object(
      'name', coalesce(case lang when 'es' then s.name_es end, s.name_en, i.name),
      'substance', i.substance_id,
      'strength', i.strength
    ) order by i.place) as list,
    string_agg(coalesce(case lang when 'es' then s.name_es end, s.name_en, i.name), ' / ' order by i.place) as names
    from public.catalog_ingredients as i
    left join public.catalog_substances as s on i.substance_id = s.id
    where i.product_id = catalog_hit.product_id
  )

  select jsonb_build_object(
    'id', p.id, 'source', p.source, 'kind', p.kind, 'name', p.name, 'language', p.language, 'country', p.country,
    'brand', p.brand, 'form', p.form, 'route', p.route, 'holder', p.holder, 'status', p.status,
    'ingredients', coalesce(c.list, '[]'),
    'match', (array['code', 'exact', 'prefix', 'words', 'typo', 'same-substance'])[class],
    'matched', case class
      when 1 then (
        select min(k.code collate "C") from public.catalog_codes as k
        where k.product_id = p.id and k.folded = any(codes)
      )
      when 6 then c.names
      else (select b.name from best as b)
    end
  )
  from public.catalog_products as p
  cross join contents as c
  where p.id = catalog_hit.product_id
$$;
comment on function public.catalog_hit(text, integer, text[], text[], text[], text) is 'A product of a page of a search, why it is there, and the name or code that matched.';
revoke all on function
public.catalog_hit(text, integer, text[], text[], text[], text)
from public, anon, authenticated, service_role;
grant execute on function
public.catalog_hit(text, integer, text[], text[], text[], text)
to anon, authenticated, medtime_service;

-- A body that is read once, here: roles that may not look into the schema of the extension can run it.
create function public.catalog_suggestions(words text[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
return (
  with asked as materialized (
    select a.word, public.catalog_deletions(a.word) as deletions from unnest(words[:8]) as a (word)
    where length(a.word) between 3 and 40 and a.word !~ '[0-9#?:~]'
  ),

  near as materialized (
    select a.word as sought, l.word, l.products from asked as a
    inner join public.catalog_lexicon as l on l.deletions && a.deletions and l.word !~ '[0-9#?:~]'
    union
    select a.word, l.word, l.products from asked as a
    inner join public.catalog_lexicon as l on l.word operator (extensions.%) a.word and l.word !~ '[0-9#?:~]'
  ),

  once as (
    select n.word, max(extensions.similarity(n.word, n.sought)) as likeness, n.products from near as n
    where n.word <> all(words) -- noqa: RF03
    group by n.word, n.products
    order by max(extensions.similarity(n.word, n.sought)) desc, n.products desc, n.word collate "C" -- noqa: RF03
    limit 5
  )

  select coalesce(jsonb_agg(o.word order by o.likeness desc, o.products desc, o.word collate "C"), '[]') from once as o -- noqa: RF03
);
comment on function public.catalog_suggestions(text[]) is 'Up to five words of the catalog that are like those of a query: each finds something.';
revoke all on function public.catalog_suggestions(text[]) from public, anon, authenticated, service_role;
grant execute on function public.catalog_suggestions(text[]) to anon, authenticated, medtime_service;
