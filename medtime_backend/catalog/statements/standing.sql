select
  s.source,
  r.released_on, r.seeded_at, r.origin, r.rejected,
  (
    select count(*) from public.catalog_products as p
    where p.source = s.source
  ) as products,
  (
    select count(*) from public.catalog_products as p
    where p.source = s.source and p.status = 'active'
  ) as active
from unnest($1::text[]) with ordinality as s (source, place)
left join lateral (
  select l.released_on, l.seeded_at, l.origin, l.rejected
  from public.catalog_releases as l
  where l.source = s.source
  order by l.id desc
  limit 1
) as r on true
order by s.place
