-- The search follows: products that changed, those whose substances have other names or became others, and those that
-- nobody has indexed yet.
select private.index_catalog(array(
  select id from stage_changes
  union
  select id from stage_gone
  union
  select i.product_id
  from (
    select substance_id, md5(string_agg(folded, ',' order by folded)) as names
    from public.catalog_substance_names
    group by substance_id
  ) as n
  left join stage_names_before as b using (substance_id)
  inner join public.catalog_ingredients as i using (substance_id)
  where n.names is distinct from b.names
  union
  select d.product_id
  from public.catalog_documents as d
  cross join unnest(d.substances) as s (id)
  left join public.catalog_substances as c on s.id = c.id
  where c.id is null
  union
  select d.product_id
  from public.catalog_documents as d
  inner join stage_mixtures_changed as m on d.mixture = m.mixture
  union
  select p.id
  from public.catalog_products as p
  left join public.catalog_documents as d on p.id = d.product_id
  where d.product_id is null
))
