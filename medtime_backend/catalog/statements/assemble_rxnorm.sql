-- RxNorm's concepts become products.
create index on stage_concepts (rxcui);
create index on stage_links (relation, subject);
create index on stage_links (relation, target);
create index on stage_components (rxcui);
analyze stage_concepts, stage_links, stage_components;

-- One head per concept: its own name, a current one before an obsolete one.
create temporary table stage_heads on commit drop as
select distinct on (c.rxcui)
  c.rxcui, c.term, c.name, c.suppressed,
  bool_or(c.prescribable) over (partition by c.rxcui) as prescribable
from stage_concepts as c
where c.source = 'RXNORM' and c.term in ('IN', 'PIN', 'MIN', 'BN', 'SCD', 'SBD', 'GPCK', 'BPCK')
order by
  c.rxcui, c.suppressed,
  array_position(array['IN', 'PIN', 'MIN', 'BN', 'SCD', 'SBD', 'GPCK', 'BPCK'], c.term), c.name;
create unique index on stage_heads (rxcui);
create index on stage_heads (lower(name));
analyze stage_heads;

insert into stage_products (
  id, kind, name, language, country, brand, form, status, successor_id, details
)
select
  'rxnorm:' || h.rxcui,
  case
    when h.term in ('IN', 'PIN', 'MIN') then 'ingredient'
    when h.term = 'BN' then 'brand'
    when h.term = 'SCD' then 'clinical-drug'
    when h.term = 'SBD' then 'branded-drug'
    else 'pack'
  end,
  h.name, 'en', 'US',
  left(case
    when h.term = 'BN' then h.name
    when h.term = 'BPCK' then substring(h.name from '\[([^\]]+)\]\s*$')
    else f.brand
  end, 250),
  left(coalesce(d.name, f.form), 250),
  case when h.suppressed then 'retired' else 'active' end,
  s.successor_id,
  jsonb_build_object('term_type', h.term, 'prescribable', h.prescribable)
from stage_heads as h
left join (
  select rxcui, min(form) as form, min(brand) as brand from stage_forms
  group by rxcui
) as f
  using (rxcui)
left join (
  select l.subject as rxcui, min(c.name) as name
  from stage_links as l
  inner join stage_concepts as c on l.target = c.rxcui and c.term = 'DF' and not c.suppressed
  where l.relation = 'has_dose_form'
  group by l.subject
) as d using (rxcui)
left join (
  select old as rxcui, 'rxnorm:' || min(new) as successor_id from stage_successors
  group by old
) as s using (rxcui);

-- What each concept contains: what its composed name says, else what its relations say, else what is in its parts.
insert into stage_ingredients (product_id, place, name, lookup, strength, amount, unit, per_amount, per_unit)
select 'rxnorm:' || c.rxcui, c.place, c.name, c.name, c.strength, c.amount, c.unit, c.per_amount, c.per_unit
from (
  select distinct on (rxcui, place) * from stage_components
  order by rxcui, place, name, strength
) as c
inner join stage_heads as h on c.rxcui = h.rxcui
where length(c.name) between 1 and 250;

create temporary table stage_contents on commit drop as
select h.rxcui, h.name from stage_heads as h
where h.term in ('IN', 'PIN')
union
select l.subject, i.name
from stage_links as l
inner join stage_heads as h on l.subject = h.rxcui and h.term in ('BN', 'MIN')
inner join stage_heads as i on l.target = i.rxcui and i.term in ('IN', 'PIN')
where l.relation in ('tradename_of', 'has_part')
union
select l.subject, i.name
from stage_links as l
inner join stage_heads as h on l.subject = h.rxcui and h.term in ('SCD', 'SBD')
inner join stage_links as o on o.relation = 'ingredient_of' and l.target = o.target
inner join stage_heads as i on o.subject = i.rxcui and i.term = 'IN'
where l.relation = 'consists_of' and not exists (
  select from stage_components as c
  where c.rxcui = l.subject
);

insert into stage_ingredients (product_id, place, name, lookup)
select
  'rxnorm:' || c.rxcui, row_number() over (partition by c.rxcui order by c.name), c.name, c.name
from stage_contents as c
where length(c.name) <= 250;

insert into stage_ingredients (product_id, place, name, lookup)
select
  'rxnorm:' || p.pack, row_number() over (partition by p.pack order by p.name), p.name, p.name
from (
  select distinct l.subject as pack, i.name
  from stage_links as l
  inner join stage_heads as h on l.subject = h.rxcui and h.term in ('GPCK', 'BPCK')
  inner join stage_ingredients as i on i.product_id = 'rxnorm:' || l.target
  where l.relation = 'contains'
) as p;

insert into stage_names (product_id, name, language, kind)
select distinct
  'rxnorm:' || c.rxcui, c.name,
  case when h.term = 'BN' then '' else 'en' end,
  case
    when c.source <> 'RXNORM' or c.name <> h.name then 'synonym'
    when h.term = 'BN' then 'brand'
    else 'name'
  end
from stage_concepts as c
inner join stage_heads as h on c.rxcui = h.rxcui
where c.term <> 'DF' and c.source <> 'ATC' and (h.suppressed or not c.suppressed);

insert into stage_codes (product_id, system, code, folded)
select 'rxnorm:' || h.rxcui, 'rxcui', h.rxcui, h.rxcui
from stage_heads as h
union
select 'rxnorm:' || c.rxcui, 'atc', c.code, lower(c.code)
from stage_concepts as c
inner join stage_heads as h on c.rxcui = h.rxcui
where c.source = 'ATC' and c.code ~ '^[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?$'
union
select 'rxnorm:' || n.rxcui, n.system, n.folded, n.folded
from stage_numbers as n
inner join stage_heads as h on n.rxcui = h.rxcui;

-- Which belong together, each in both directions; what the other is to it is its kind.
create temporary table stage_pairs on commit drop as
select l.subject as one, l.target as other
from stage_links as l
where l.relation in ('tradename_of', 'form_of', 'has_part', 'contains')
union
select o.subject, l.subject
from stage_links as l
inner join stage_links as o on o.relation in ('ingredient_of', 'precise_ingredient_of') and l.target = o.target
where l.relation = 'consists_of'
union
select l.subject, l.target from stage_links as l
where l.relation = 'ingredient_of'
union
select h.rxcui, c.rxcui
from stage_components as c
inner join stage_heads as h on lower(c.name) = lower(h.name) and h.term in ('IN', 'PIN')
union
select h.rxcui, f.rxcui
from stage_forms as f
inner join stage_heads as h on lower(f.brand) = lower(h.name) and h.term = 'BN'
where f.brand is not null;

insert into stage_relations (product_id, kind, target_id)
select distinct p.id, t.kind, t.id
from (
  select one, other from stage_pairs
  union
  select other, one from stage_pairs
) as b
inner join stage_products as p on p.id = 'rxnorm:' || b.one
inner join stage_products as t on t.id = 'rxnorm:' || b.other
where p.id <> t.id;

-- RxNorm's names of its ingredients; a precise ingredient is a salt of the ingredient it is a form of.
insert into stage_substances (level, grp, rank, place, name, language, kind)
select 2, 'rxnorm:' || h.rxcui, 0, 0, h.name, 'en', 'usan' from stage_heads as h
where h.term = 'IN'
union
select 2, 'rxnorm:' || h.rxcui, 1, 1, c.name, 'en', 'synonym'
from stage_heads as h
inner join stage_concepts as c using (rxcui)
where h.term = 'IN' and c.name <> h.name and not c.suppressed and c.source <> 'ATC'
union
select 2, 'rxnorm:' || i.rxcui, 1, 2, p.name, 'en', 'salt'
from stage_links as l
inner join stage_heads as p on l.subject = p.rxcui and p.term = 'PIN'
inner join stage_heads as i on l.target = i.rxcui and i.term = 'IN'
where l.relation = 'form_of';
delete from stage_substances
where level = 2 and octet_length(name) > 1000;
