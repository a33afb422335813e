select
  public.catalog_product($1)::text as answer,
  (select version from public.catalog_version) as version,
  coalesce((
    select (extract(epoch from r.seeded_at) * 1000000)::bigint::text
    from public.catalog_releases as r
    order by r.id desc
    limit 1
  ), '') as seeded
