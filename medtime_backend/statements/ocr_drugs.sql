-- Names of drugs and the id that each leads to, the most general product first: an ingredient before a brand. As one
-- text, since there may be some hundred thousand.
select coalesce(json_agg(json_build_array(found.name, found.id) order by found.rank, found.id), '[]')::text as drugs
from (
  select s.name, p.id, 1 as rank
  from public.catalog_substance_names as s
  left join lateral (
    select i.product_id as id
    from public.catalog_ingredients as i
    inner join public.catalog_products as p on i.product_id = p.id and p.kind = 'ingredient'
    where i.substance_id = s.substance_id
    order by p.status <> 'active', i.product_id
    limit 1
  ) as p on true
  union all
  select n.name, p.id, case when p.kind = 'ingredient' then 0 else 2 end
  from public.catalog_names as n
  inner join public.catalog_products as p on n.product_id = p.id
  where p.kind in ('ingredient', 'brand') and p.status = 'active'
  union all
  select p.brand, p.id, 3
  from public.catalog_products as p
  where p.kind = 'product' and p.status = 'active' and p.brand is not null
) as found
