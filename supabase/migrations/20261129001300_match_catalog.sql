-- From the words of a query to the products they fit. What is read is bounded whatever the query says: words that very
-- many products have are never looked up, only checked.

-- A body that is read once, here: roles that may not look into the schema of the extension can run it.
create function public.catalog_corrections(sought text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
return (
  with asked as materialized (
    select a.word, public.catalog_deletions(a.word) as deletions from (values (sought)) as a (word) -- noqa: RF03
    where length(a.word) between 4 and 40 and a.word !~ '[0-9]'
  ),

  near as materialized (
    select l.word, l.products, 0.4 as bonus from asked as a
    inner join public.catalog_lexicon as l on l.deletions && a.deletions and l.word !~ '[0-9#?:~]'
    union all
    select l.word, l.products, 0 from asked as a
    inner join public.catalog_lexicon as l on l.word operator (extensions.%) a.word and l.word !~ '[0-9#?:~]'
  ),

  rated as (
    select n.word, n.products, extensions.similarity(n.word, sought) + max(n.bonus) as likeness -- noqa: RF03
    from near as n
    group by n.word, n.products
  ),

  likely as (
    select n.word, n.likeness, n.products, max(n.likeness) over () as best from rated as n
    where n.likeness >= case when length(n.word) > 8 then 0.4 else 0.45 end
    order by n.likeness desc, n.products desc, n.word asc
    limit 3
  )

  select coalesce(array_agg(l.word order by l.likeness desc, l.products desc, l.word asc), '{}') from likely as l
  where l.likeness >= l.best - 0.1
);
comment on function public.catalog_corrections(text) is 'Up to three words of the catalog that a misspelt one may mean, the likeliest first. A word with a digit is never taken for another.';
revoke all on function public.catalog_corrections(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_corrections(text) to anon, authenticated, medtime_service;

create function public.catalog_pattern(words text[], way text, out anchor text, out complete text, out readings text[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
-- way: words (each as it is, the last one may go on), beginnings (all may go on), slips (unknown ones are corrected).
-- anchor: what of it is rare enough to be looked up, null when nothing is; complete: all of it, null when some word is
-- nowhere. Both are texts of a tsquery.
declare
  most constant integer := 3000;
  place integer := 0;
  sought text;
  part text;
  onward boolean;
  beyond text;
  found bigint;
  fixed text[];
  parts text[] := '{}';
  counts bigint[] := '{}';
begin
  readings := '{}';
  foreach sought in array words loop
    place := place + 1;
    -- The word, how it may go on, and how the other language writes it.
    onward := way = 'beginnings' and length(sought) > 1 or way <> 'beginnings' and place = cardinality(words);
    beyond := case when onward then chr(1114111) else ' ' end;
    select
      case when onward and length(sought) < 3 then sum(l.products) + most else sum(l.products) end,
      concat_ws(' | ', format(case when onward then '%L:* | %L:*' else '%L | %L' end, sought, '~' || sought), string_agg(
        quote_literal(l.word), ' | ' order by l.word collate "C"
      ) filter (where not starts_with(ltrim(l.word, '~'), sought))),
      array[sought] || array_agg(l.word order by l.word collate "C") filter (where not starts_with(ltrim(l.word, '~'), sought))
    into found, part, fixed
    from (
      (
        select l.word, l.products from public.catalog_lexicon as l
        where
          l.word collate "C" >= sought and l.word collate "C" < sought || beyond
        -- One or two letters begin words of thousands of products.
        limit case when length(sought) < 3 then 1 else most + 1 end
      )
      union
      (
        select l.word, l.products from public.catalog_lexicon as l
        where l.word collate "C" >= '~' || sought and l.word collate "C" < '~' || sought || beyond
        limit case when length(sought) < 3 then 1 else most + 1 end
      )
      union
      select l.word, l.products from public.catalog_lexicon as l
      where l.sound = public.catalog_sound(sought) and l.sound <> '' and length(l.sound) > 3
    ) as l;
    if found is null and way = 'slips' then
      fixed := public.catalog_corrections(sought);
      select sum(l.products), string_agg(quote_literal(l.word), ' | ') into found, part
      from public.catalog_lexicon as l
      where l.word = any(fixed);
    end if;
    if found is null then
      anchor := null;
      complete := null;
      return;
    end if;
    readings := readings || fixed;
    parts := parts || ('(' || part || ')');
    counts := counts || found;
  end loop;
  select string_agg(p.part, ' & ') into complete from unnest(parts) as p (part);
  select string_agg(p.part, ' & ') into anchor from (
    select c.part from unnest(parts, counts) as c (part, found)
    where c.found <= most
    order by c.found
    limit 4
  ) as p;
end
$$;
comment on function public.catalog_pattern(text[], text) is 'What to look for in the documents'' tokens; readings: the words as they were read.';
revoke all on function public.catalog_pattern(text[], text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_pattern(text[], text) to anon, authenticated, medtime_service;
