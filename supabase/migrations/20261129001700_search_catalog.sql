-- Search: the whole answer is made here, so that the service and the edge function give the same bytes.
create function public.catalog_search_faults(
  query text, source text, country text, form text, ingredient text, status text, lang text, max_results integer,
  after text
)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select f.name
    from (values
      ('q', coalesce(length(query), 0) not between 1 and 200),
      ('source', source not in ('rxnorm', 'cofepris', 'ema')),
      ('country', country not in ('US', 'MX', 'EU')),
      ('form', length(form) > 200 or public.catalog_fold(form) = ''),
      ('ingredient', length(ingredient) > 200 or public.catalog_fold(ingredient) = ''),
      ('status', coalesce(status not in (
        'any', 'active', 'retired', 'withdrawn', 'refused', 'suspended', 'revoked', 'expired', 'cancelled', 'pending'
      ), true)),
      ('lang', coalesce(lang not in ('en', 'es'), true)),
      ('limit', coalesce(max_results not between 1 and 50, true)),
      ('cursor', after is not null and coalesce(convert_from(
        case when after ~ '^([2-7][0-9a-f]){5,120}$' then decode(after, 'hex') else '' end, 'UTF8'
      ) !~ '^[0-9]{1,2} [0-9]{1,9} (rxnorm|cofepris|ema):[0-9A-Za-z._-]{1,64}$', true))
    ) as f (name, wrong)
    where f.wrong
  )
$$;
comment on function public.catalog_search_faults(text, text, text, text, text, text, text, integer, text) is 'Names of the parameters of a search that are wrong, as the service calls them.';
revoke all on function
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text)
from public, anon, authenticated, service_role;
grant execute on function
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text)
to anon, authenticated, medtime_service;

create function public.catalog_search(
  query text,
  source text default null,
  country text default null,
  form text default null,
  ingredient text default null,
  status text default 'active',
  lang text default 'en',
  max_results integer default 20,
  after text default null
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  asked constant text := regexp_replace(query, '^[[:space:]]+|[[:space:]]+$', '', 'g');
  faults constant text[] := public.catalog_search_faults(
    asked, source, country, form, ingredient, status, lang, max_results, after
  );
  question jsonb;
  told text;
  possible text;
  last text[];
  wanted text[];
  heads text[];
  hits jsonb;
  next text;
  misspelt text[];
  filtered bigint;
begin
  if faults <> '{}' then
    raise exception using
      errcode = 'MT400', message = 'invalid-parameter', detail = jsonb_build_object('parameters', faults)::text;
  end if;
  question := public.catalog_question(asked);
  -- A product that tells no strength or form may have the one that is asked for: it comes after those that do.
  select string_agg(quote_literal(s.token), ' & '), string_agg(format('(%L | %L)', s.token, s.untold), ' & ')
  into told, possible
  from (
    select t.token, '#none' as untold from jsonb_array_elements_text(question -> 'strengths') as t (token)
    union all
    select t.token, '?form' from jsonb_array_elements_text(question -> 'forms') as t (token)
  ) as s;
  if form is not null then
    select concat_ws(' & ', possible, string_agg(quote_literal('form:' || coalesce(nullif(p.reading, ''), w.word)), ' & '))
    into possible
    from string_to_table(public.catalog_fold(form), ' ') as w (word)
    left join jsonb_each_text(public.catalog_plain_words()) as p (word, reading) on w.word = p.word
    where p.reading is distinct from '';
  end if;
  if ingredient is not null then
    wanted := array(
      select s.substance_id from public.catalog_substance_names as s
      where s.folded = public.catalog_fold(ingredient)
      union
      select c.id from public.catalog_substances as c
      where c.id = ingredient
    );
  end if;
  heads := array(
    select s.substance_id from public.catalog_substance_names as s
    where s.folded in (select jsonb_array_elements_text(question -> 'names'))
    limit 20
  );
  last := string_to_array(convert_from(decode(after, 'hex'), 'UTF8'), ' ');

  with matched as materialized (
    select m.product_id, min(m.class) as class, min(m.readings) as readings
    from public.catalog_matches(question) as m
    group by m.product_id
  ),

  placed as materialized (
    select
      m.product_id, m.class, m.readings, d.rank,
      -- Those that tell what was asked for, those that may have it, then both of the same substance. Whoever names a
      -- substance wants it alone, whatever it is sold as.
      case
        when told is null or d.tokens @@ told::tsquery then 0
        when m.class = 6 then 1
        else 6
      end + case
        when m.class = 6 then 13
        when m.class < 3 then m.class
        when m.class < 5 and cardinality(d.substances) = 1 and d.substances <@ heads then 3
        else m.class + 1
      end as place
    from matched as m
    inner join public.catalog_documents as d using (product_id)
    where
      (possible is null or d.tokens @@ possible::tsquery)
      and (catalog_search.source is null or d.source = catalog_search.source)
      and (catalog_search.country is null or d.country = catalog_search.country)
      and (catalog_search.status = 'any' or d.status = catalog_search.status)
      and (wanted is null or d.substances && wanted)
  ),

  page as (
    select p.*, row_number() over (order by p.place, p.rank, p.product_id collate "C") as number from placed as p
    where
      last is null
      or (p.place, p.rank, p.product_id collate "C") > (last[1]::integer, last[2]::integer, last[3] collate "C")
    order by p.place, p.rank, p.product_id collate "C"
    limit max_results + 1
  )

  select
    coalesce(jsonb_agg(public.catalog_hit(
      p.product_id, p.class, array(select jsonb_array_elements_text(question -> 'names')), p.readings,
      array(select jsonb_array_elements_text(question -> 'codes')), lang
    ) order by p.number) filter (where p.number <= max_results), '[]'),
    case when count(*) > max_results then encode(convert_to(
      (array_agg(format('%s %s %s', p.place, p.rank, p.product_id) order by p.number))[max_results], 'UTF8'
    ), 'hex') end,
    min(p.readings) filter (where p.class = 5),
    (select count(*) from matched) - (select count(*) from placed)
  into hits, next, misspelt, filtered
  from page as p;

  return jsonb_build_object(
    'hits', hits,
    'next', next,
    'filtered', filtered,
    'suggestions', case
      when misspelt is not null then to_jsonb(array(
        select r.word from unnest(misspelt) as r (word)
        where not question -> 'words' ? r.word
      ))
      when hits = '[]' and last is null then
        public.catalog_suggestions(array(select jsonb_array_elements_text(question -> 'words')))
      else '[]'
    end,
    'version', (select v.version from public.catalog_version as v)
  );
end
$$;
comment on function public.catalog_search(text, text, text, text, text, text, text, integer, text) is 'A page of the products that fit a query, the best first, each with the reason (match, matched); next is the cursor (after) of the page that follows; filtered how many others fit the words but not the strength, form and filters. status any: all. lang: of the ingredients'' names.';
revoke all on function
public.catalog_search(text, text, text, text, text, text, text, integer, text)
from public, anon, authenticated, service_role;
grant execute on function
public.catalog_search(text, text, text, text, text, text, text, integer, text)
to anon, authenticated, medtime_service;
