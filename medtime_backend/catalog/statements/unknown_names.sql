-- Names of ingredients that are no substance's yet become substances of their own.
insert into stage_substances (level, grp, rank, place, name, language, kind)
select distinct on (i.folded) 4, i.folded, 0, 0, i.lookup, p.language, 'source'
from stage_ingredients as i
inner join stage_products as p on i.product_id = p.id
where
  i.folded <> '' and octet_length(i.lookup) <= 1000
  and not exists (
    select from public.catalog_substance_names as n
    where n.folded = i.folded
  )
order by i.folded, i.lookup
