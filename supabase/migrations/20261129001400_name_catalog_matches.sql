create function public.catalog_codes_of(query text)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with given as (
    select
      regexp_replace(a.code, '[^0-9a-z]', '', 'g') as folded,
      a.code as written
    from regexp_replace(lower(query), '^\s*(ndc|rxcui|atc|rxnorm|cofepris|ema)\s*[:#]\s*|^\s*ndc\s+', '') as a (code)
  ),

  -- An NDC's three parts have a zero in front where they are short of 5-4-2. Without dashes it may be in each of them.
  parts as (
    select regexp_match(g.written, '^([0-9]{4,5})[- ]([0-9]{3,4})[- ]([0-9]{1,2})$') as ndc, g.folded, g.written
    from given as g
  )

  select array_agg(distinct c.code) from parts as p
  cross join unnest(array[
    p.folded,
    lpad(p.ndc[1], 5, '0') || lpad(p.ndc[2], 4, '0') || lpad(p.ndc[3], 2, '0'),
    case when p.written ~ '^[0-9]{11}$' then p.written end,
    case when p.written ~ '^[0-9]{10}$' then '0' || p.written end,
    case when p.written ~ '^[0-9]{10}$' then overlay(p.written placing '0' from 6 for 0) end,
    case when p.written ~ '^[0-9]{10}$' then overlay(p.written placing '0' from 10 for 0) end
  ]) as c (code)
  where c.code <> ''
$$;
comment on function public.catalog_codes_of(text) is 'The folded codes that a query may be: itself, and what its digits may be as an NDC.';
revoke all on function public.catalog_codes_of(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_codes_of(text) to anon, authenticated, medtime_service;

create function public.catalog_named(names text[], codes text[])
returns table (product_id text, class integer)
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
  with asked as (
    select distinct a.name, left(a.name, 100) as beginning from unnest(names) as a (name)
    where a.name <> ''
  )

  (
    select c.product_id, 1 from public.catalog_codes as c
    where c.folded = any(codes)
    limit 1000
  )
  union all
  select f.product_id, case when f.folded = a.name then 2 else 3 end
  from asked as a
  cross join lateral (
    select n.product_id, n.folded from public.catalog_names as n
    where
      left(n.folded, 100) collate "C" >= a.beginning and left(n.folded, 100) collate "C" < a.beginning || chr(1114111)
      and starts_with(n.folded, a.name)
    order by left(n.folded, 100) collate "C", n.product_id
    limit 500
  ) as f
  union all
  -- An ingredient has all names of its substance.
  select d.product_id, case when f.folded = a.name then 2 else 3 end
  from asked as a
  cross join lateral (
    select n.substance_id, n.folded from public.catalog_substance_names as n
    where
      left(n.folded, 100) collate "C" >= a.beginning and left(n.folded, 100) collate "C" < a.beginning || chr(1114111)
      and starts_with(n.folded, a.name)
    order by left(n.folded, 100) collate "C", n.substance_id
    limit 200
  ) as f
  inner join public.catalog_documents as d on f.substance_id = d.head_of
  union all
  -- All that is made of a mixture has the names of it.
  select d.product_id, case when f.folded = a.name then 2 else 3 end
  from asked as a
  cross join lateral (
    select n.mixture, n.folded from public.catalog_mixture_names as n
    where
      left(n.folded, 100) collate "C" >= a.beginning and left(n.folded, 100) collate "C" < a.beginning || chr(1114111)
      and starts_with(n.folded, a.name)
    order by left(n.folded, 100) collate "C", n.mixture
    limit 50
  ) as f
  cross join lateral (
    select o.product_id from public.catalog_documents as o
    where o.mixture = f.mixture
    order by o.rank, o.product_id
    limit 200
  ) as d
$$;
comment on function public.catalog_named(text[], text[]) is 'Products with one of these codes (class 1), or a name, also of their substance or mixture, that is (2) or begins with (3) one of these. Of names at most 500, by name.';
revoke all on function public.catalog_named(text[], text[]) from public, anon, authenticated, service_role;
grant execute on function public.catalog_named(text[], text[]) to anon, authenticated, medtime_service;

create function public.catalog_worded(words text[], way text)
returns table (product_id text, readings text[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  most constant integer := 3000;
  pattern record;
  joined text;
begin
  pattern := public.catalog_pattern(words, way);
  -- Words that thousands have name no drug, and are looked up only when all are like that: some of the products then.
  if pattern.complete is not null and (pattern.anchor is not null or length(words[cardinality(words)]) > 2) then
    return query
    with candidates as materialized (
      select d.product_id, d.tokens from public.catalog_documents as d
      where d.tokens @@ coalesce(pattern.anchor, pattern.complete)::tsquery
      limit most
    )

    select c.product_id, pattern.readings from candidates as c
    where c.tokens @@ pattern.complete::tsquery;
  elsif pattern.complete is not null then
    -- A beginning of a letter or two has too many words to look up: of the first products those that have it.
    return query
    with candidates as materialized (
      select d.product_id, d.tokens from public.catalog_documents as d
      order by d.rank, d.product_id
      limit most
    )

    select c.product_id, pattern.readings from candidates as c
    where c.tokens @@ pattern.complete::tsquery;
  end if;
  -- Two words that are written as one elsewhere.
  if way = 'words' and cardinality(words) between 2 and 8 then
    for place in 1 .. cardinality(words) - 1 loop
      joined := words[place] || words[place + 1];
      if exists (
        select from public.catalog_lexicon as l
        where l.word in (joined, '~' || joined)
      ) then
        return query
        select w.product_id, w.readings
        from public.catalog_worded(words[:place - 1] || joined || words[place + 2:], 'joined') as w;
      end if;
    end loop;
  end if;
end
$$;
comment on function public.catalog_worded(text[], text) is 'Products whose documents have all of these words, in a way of public.catalog_pattern (or joined: as words, without trying again), and how the words were read.';
revoke all on function public.catalog_worded(text[], text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_worded(text[], text) to anon, authenticated, medtime_service;
