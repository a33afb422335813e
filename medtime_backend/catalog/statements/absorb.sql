-- What stage_absorbed calls old becomes part of new, with its names and ingredients.
update public.catalog_ingredients as i
set substance_id = a.new
from stage_absorbed as a
where i.substance_id = a.old;

insert into public.catalog_substance_names (folded, substance_id, name, language, kind)
select n.folded, a.new, n.name, n.language, n.kind
from stage_absorbed as a
inner join public.catalog_substance_names as n on a.old = n.substance_id
on conflict do nothing;

update public.catalog_substances as c
set name_es = o.name_es
from stage_absorbed as a
inner join public.catalog_substances as o on a.old = o.id
where c.id = a.new and c.name_es is null and o.name_es is not null;

delete from public.catalog_substances as c
using stage_absorbed as a
where c.id = a.old;

insert into stage_touched select 'absorbed' from stage_absorbed;
truncate stage_absorbed;
