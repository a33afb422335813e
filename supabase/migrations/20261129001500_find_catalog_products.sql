create function public.catalog_question(query text)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with text as (
    select
      s.exact as strengths,
      public.catalog_fold(query) as whole,
      public.catalog_fold(s.rest) as rest
    from public.catalog_strengths(query) as s
  ),

  words as (
    select w.word, min(w.place) as place, p.reading
    from text as t
    cross join string_to_table(t.rest, ' ') with ordinality as w (word, place)
    left join jsonb_each_text(public.catalog_plain_words()) as p (word, reading) on w.word = p.word
    where w.word <> '' and p.reading is distinct from ''
    group by w.word, p.reading
  ),

  sorted as (
    select
      coalesce(jsonb_agg(left(w.word, 100) order by w.place) filter (where w.reading is null), '[]') as words,
      coalesce(jsonb_agg(distinct w.reading) filter (where w.reading is not null), '[]') as forms,
      string_agg(w.word, ' ' order by w.place) filter (where w.reading is null) as drug
    from words as w
  )

  -- Who asks for a strength or a form alone asks for words like any other.
  select case
    when s.words = '[]' then jsonb_build_object(
      'words', to_jsonb(t.strengths) || s.forms, 'strengths', '[]'::jsonb, 'forms', '[]'::jsonb
    )
    else jsonb_build_object('words', s.words, 'strengths', to_jsonb(t.strengths), 'forms', s.forms)
  end
  || jsonb_build_object(
    'names', to_jsonb(array(
      select distinct n.name from unnest(array[t.whole, t.rest, s.drug]) as n (name)
      where n.name <> ''
    )),
    'codes', to_jsonb(coalesce(public.catalog_codes_of(query), '{}'))
  )
  from text as t
  cross join sorted as s
$$;
comment on function public.catalog_question(text) is 'A query as it is read: words that all count, strengths and forms that narrow, names and codes that it may be as a whole.';
revoke all on function public.catalog_question(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_question(text) to anon, authenticated, medtime_service;

create function public.catalog_matches(question jsonb)
returns table (product_id text, class integer, readings text[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Classes: 1 code, 2 exact, 3 prefix, 4 words, 5 typo, 6 same substance as one of those.
declare
  words constant text[] := array(select jsonb_array_elements_text(question -> 'words'));
  names constant text[] := array(select jsonb_array_elements_text(question -> 'names'));
  codes constant text[] := array(select jsonb_array_elements_text(question -> 'codes'));
  ids text[] := '{}';
  classes integer[] := '{}';
  read_as text[] := words;
  way text;
  mixtures uuid[];
begin
  select array_agg(n.product_id), array_agg(n.class) into ids, classes
  from public.catalog_named(names, codes) as n;
  foreach way in array array['words', 'beginnings', 'slips'] loop
    select ids || array_agg(w.product_id), classes || array_agg(case when way = 'slips' then 5 else 4 end),
      coalesce(min(w.readings), words)
    into ids, classes, read_as
    from public.catalog_worded(words, way) as w;
    exit when cardinality(ids) > 0;
  end loop;

  -- Of a brand the generic and of a generic the brands, where a whole name was given and not words of many.
  select array_agg(m.mixture) into mixtures from (
    select d.mixture, min(f.class) as class, min(d.rank) as rank
    from unnest(ids, classes) as f (product_id, class)
    inner join public.catalog_documents as d using (product_id)
    where d.mixture is not null and f.class <> 4
    group by d.mixture
    order by min(f.class), min(d.rank), d.mixture
    limit 5
  ) as m;

  return query
  select f.product_id, f.class, read_as from unnest(ids, classes) as f (product_id, class)
  union all
  select s.product_id, 6, read_as
  from unnest(mixtures) as m (mixture)
  cross join lateral (
    select d.product_id from public.catalog_documents as d
    where d.mixture = m.mixture
    order by d.rank, d.product_id
    limit 400
  ) as s;
end
$$;
comment on function public.catalog_matches(jsonb) is 'What fits a question of public.catalog_question, a product once for each reason; all reasons are bounded, none is filtered.';
revoke all on function public.catalog_matches(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.catalog_matches(jsonb) to anon, authenticated, medtime_service;
