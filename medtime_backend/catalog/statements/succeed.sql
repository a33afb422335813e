-- Concepts merged into another that is there, whenever they went.
with pointed as (
  update public.catalog_products as c
  set successor_id = s.successor_id, updated_at = now()
  from (
    select 'rxnorm:' || old as id, 'rxnorm:' || min(new) as successor_id from stage_successors group by old
  ) as s
  where
    c.id = s.id and not exists (select from stage_fingerprints as f where f.id = c.id)
    and c.successor_id is distinct from s.successor_id
    and exists (select from public.catalog_products as t where t.id = s.successor_id)
  returning c.id
)

insert into stage_touched select 'successor' from pointed
