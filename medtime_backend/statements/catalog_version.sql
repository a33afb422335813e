-- A number that is given again after a restore is of another seed.
select
  v.version,
  coalesce((
    select (extract(epoch from r.seeded_at) * 1000000)::bigint::text
    from public.catalog_releases as r
    order by r.id desc
    limit 1
  ), '') as seeded
from public.catalog_version as v
