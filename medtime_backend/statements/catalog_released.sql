select distinct on (r.source) r.source, extract(epoch from r.released_on)::float8 as seconds
from public.catalog_releases as r
order by r.source asc, r.id desc
