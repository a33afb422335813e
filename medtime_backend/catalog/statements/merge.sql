-- The changes, under the release of setting medtime.catalog_release.
insert into public.catalog_products as c (
  id, source, kind, name, language, country, brand, form, route, holder, status, status_on, successor_id, details,
  fingerprint, first_release_id, last_release_id
)
select
  p.id, r.source, p.kind, p.name, p.language, p.country, p.brand, p.form, p.route, p.holder, p.status, p.status_on,
  p.successor_id, p.details, s.fingerprint, r.id, r.id
from stage_changes as s
inner join stage_products as p using (id)
cross join public.catalog_releases as r
where r.id = current_setting('medtime.catalog_release')::bigint
on conflict (id) do update
  set
    kind = excluded.kind, name = excluded.name, language = excluded.language, country = excluded.country,
    brand = excluded.brand, form = excluded.form, route = excluded.route, holder = excluded.holder,
    status = excluded.status, status_on = excluded.status_on, successor_id = excluded.successor_id,
    details = excluded.details, fingerprint = excluded.fingerprint, last_release_id = excluded.last_release_id,
    updated_at = now();

delete from public.catalog_ingredients as c using stage_changes as s
where c.product_id = s.id and not s.added;
delete from public.catalog_names as c using stage_changes as s
where c.product_id = s.id and not s.added;
delete from public.catalog_codes as c using stage_changes as s
where c.product_id = s.id and not s.added;
delete from public.catalog_relations as c using stage_changes as s
where c.product_id = s.id and not s.added;

insert into public.catalog_ingredients (
  product_id, place, name, substance_id, strength, amount, unit, per_amount, per_unit
)
select i.product_id, i.place, i.name, n.substance_id, i.strength, i.amount, i.unit, i.per_amount, i.per_unit
from stage_changes as s
inner join stage_ingredients as i on s.id = i.product_id
left join (
  select folded, min(substance_id) as substance_id from public.catalog_substance_names
  group by folded
) as n using (folded);

insert into public.catalog_names (product_id, folded, name, language, kind)
select distinct on (n.product_id, n.folded) n.product_id, n.folded, n.name, n.language, n.kind
from stage_changes as s
inner join stage_names as n on s.id = n.product_id
where n.folded <> ''
order by n.product_id, n.folded, n.kind = 'synonym', n.kind = 'name', n.name;

insert into public.catalog_codes (product_id, system, code, folded)
select distinct c.product_id, c.system, c.code, c.folded
from stage_changes as s
inner join stage_codes as c on s.id = c.product_id;

insert into public.catalog_relations (product_id, kind, target_id)
select distinct r.product_id, r.kind, r.target_id
from stage_changes as s
inner join stage_relations as r on s.id = r.product_id;

-- What the source has no more is marked, and answers still. Where the source had already said why, that stays.
update public.catalog_products as c
set
  status = case
    when c.status not in ('active', 'pending', 'suspended') then c.status
    when c.source = 'rxnorm' then 'retired'
    else 'withdrawn'
  end,
  status_on = case when c.status in ('active', 'pending', 'suspended') then r.released_on else c.status_on end,
  fingerprint = repeat('0', 64), last_release_id = r.id, updated_at = now()
from stage_gone as g
cross join public.catalog_releases as r
where c.id = g.id and r.id = current_setting('medtime.catalog_release')::bigint;
