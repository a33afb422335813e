-- Concepts merged into another that is there, whenever they went.
with merged as (
  select
    'rxnorm:' || old as id,
    'rxnorm:' || min(new) as successor_id
  from stage_successors
  group by old
),

pointed as (
  update public.catalog_products as c
  set successor_id = m.successor_id, updated_at = now()
  from merged as m
  inner join public.catalog_products as t on m.successor_id = t.id
  where
    c.id = m.id and c.successor_id is distinct from m.successor_id
    and not exists (
      select from stage_fingerprints as f
      where f.id = c.id
    )
  returning c.id
)

insert into stage_touched select 'successor' from pointed
