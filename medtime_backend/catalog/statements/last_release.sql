select r.id, r.released_on, r.sha256, r.products
from public.catalog_releases as r
where r.source = $1
order by r.id desc
limit 1
