-- Each product's fingerprint, and so what the release changes. A product that went away has a fingerprint of zeros.
create index on stage_ingredients (product_id);
create index on stage_names (product_id);
create index on stage_codes (product_id);
create index on stage_relations (product_id);
analyze stage_products, stage_ingredients, stage_names, stage_codes, stage_relations;

create temporary table stage_fingerprints on commit drop as
select
  p.id,
  encode(sha256(convert_to(concat_ws(
    E'\n', p::text, i.lines, n.lines, c.lines, r.lines
  ), 'UTF8')), 'hex') as fingerprint
from stage_products as p
left join (
  select
    product_id, string_agg((
      place, name, lookup, strength, amount, unit, per_amount, per_unit
    )::text, E'\n' order by place) as lines
  from stage_ingredients
  group by product_id
) as i on p.id = i.product_id
left join (
  select product_id, string_agg((name, language, kind)::text, E'\n' order by name, kind) as lines
  from stage_names
  group by product_id
) as n on p.id = n.product_id
left join (
  select product_id, string_agg((system, code)::text, E'\n' order by system, code) as lines
  from stage_codes
  group by product_id
) as c on p.id = c.product_id
left join (
  select product_id, string_agg((kind, target_id)::text, E'\n' order by kind, target_id) as lines
  from stage_relations
  group by product_id
) as r on p.id = r.product_id;
create unique index on stage_fingerprints (id);

create temporary table stage_changes on commit drop as
select f.id, f.fingerprint, c.id is null as added
from stage_fingerprints as f
left join public.catalog_products as c using (id)
where c.fingerprint is distinct from f.fingerprint;
create unique index on stage_changes (id);
analyze stage_fingerprints, stage_changes;

create temporary table stage_gone on commit drop as
select c.id
from public.catalog_products as c
where
  c.source = current_setting('medtime.catalog_source') and c.fingerprint <> repeat('0', 64)
  and not exists (
    select from stage_fingerprints as f
    where f.id = c.id
  );
