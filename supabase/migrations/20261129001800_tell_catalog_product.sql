create function public.catalog_release(release_id bigint)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'released_on', r.released_on, 'seeded_on', (timezone('utc', r.seeded_at))::date, 'origin', r.origin,
    'sha256', r.sha256
  )
  from public.catalog_releases as r
  where r.id = release_id
$$;
comment on function public.catalog_release(bigint) is 'A release as answers tell it.';
revoke all on function public.catalog_release(bigint) from public, anon, authenticated, service_role;
grant execute on function public.catalog_release(bigint) to anon, authenticated, medtime_service;

create function public.catalog_product(id text)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
  with related as (
    select r.kind, r.target_id, d.rank, row_number() over (
      partition by r.kind
      order by d.rank, r.target_id collate "C"
    ) as number
    from public.catalog_relations as r
    inner join public.catalog_documents as d on r.target_id = d.product_id
    where r.product_id = catalog_product.id
    union all
    -- The same substances elsewhere: what links one source to another.
    select 'same-substance', s.product_id, s.rank, row_number() over (order by s.rank, s.product_id collate "C")
    from public.catalog_documents as o
    cross join lateral (
      select d.product_id, d.rank from public.catalog_documents as d
      where d.mixture = o.mixture and d.product_id <> o.product_id
      order by d.rank, d.product_id
      limit 100
    ) as s
    where
      o.product_id = catalog_product.id and not exists (
        select from public.catalog_relations as r
        where r.product_id = catalog_product.id and r.target_id = s.product_id
      )
  )

  select jsonb_build_object(
    'id', p.id, 'source', p.source, 'kind', p.kind, 'name', p.name, 'language', p.language, 'country', p.country,
    'brand', p.brand, 'form', p.form, 'route', p.route, 'holder', p.holder, 'status', p.status,
    'status_on', p.status_on, 'successor', p.successor_id, 'details', p.details,
    'names', (
      select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'language', n.language, 'kind', n.kind)
      order by n.kind, n.folded collate "C"), '[]')
      from public.catalog_names as n
      where n.product_id = p.id
    ),
    'ingredients', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', i.name, 'substance', i.substance_id, 'name_en', s.name_en, 'name_es', s.name_es,
        'strength', i.strength, 'amount', trim_scale(i.amount)::text, 'unit', i.unit,
        'per_amount', trim_scale(i.per_amount)::text, 'per_unit', i.per_unit
      ) order by i.place), '[]')
      from public.catalog_ingredients as i
      left join public.catalog_substances as s on i.substance_id = s.id
      where i.product_id = p.id
    ),
    'codes', (
      select coalesce(jsonb_agg(jsonb_build_object('system', c.system, 'code', c.code)
      order by c.system, c.code collate "C"), '[]')
      from public.catalog_codes as c
      where c.product_id = p.id
    ),
    'related', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'relation', r.kind, 'id', t.id, 'kind', t.kind, 'name', t.name, 'status', t.status
      ) order by r.kind, r.number), '[]')
      from related as r
      inner join public.catalog_products as t on r.target_id = t.id
      where r.number <= 100
    ),
    'provenance', jsonb_build_object(
      'first', public.catalog_release(p.first_release_id), 'last', public.catalog_release(p.last_release_id)
    )
  )
  from public.catalog_products as p
  where p.id = catalog_product.id
$$;
comment on function public.catalog_product(text) is 'All that is known of a product; null when there is none of this id. Of each kind of related products the first 100; amounts are texts, so that no reader rounds them.';
revoke all on function public.catalog_product(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_product(text) to anon, authenticated, medtime_service;

create function public.catalog_sources()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'sources', jsonb_agg(jsonb_build_object(
      'source', s.source, 'cadence_days', s.cadence_days, 'products', coalesce(l.products, 0),
      'age_days', (timezone('utc', now()))::date - l.released_on, 'release', public.catalog_release(l.id)
    ) order by s.source),
    'version', (select v.version from public.catalog_version as v)
  )
  from (values ('rxnorm', 7), ('cofepris', 31), ('ema', 31)) as s (source, cadence_days)
  left join lateral (
    select r.id, r.released_on, r.products from public.catalog_releases as r
    where r.source = s.source
    order by r.id desc
    limit 1
  ) as l on true
$$;
comment on function public.catalog_sources() is 'Each source, its last release and how old that is, in days of UTC.';
revoke all on function public.catalog_sources() from public, anon, authenticated, service_role;
grant execute on function public.catalog_sources() to anon, authenticated, medtime_service;
