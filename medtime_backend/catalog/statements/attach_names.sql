-- The names of one level (setting medtime.catalog_level) become names of substances.
create temporary table stage_groups on commit drop as
with named as (
  select * from stage_substances
  where level = current_setting('medtime.catalog_level')::smallint and folded <> ''
),

known as (
  select distinct on (m.grp) m.grp, n.substance_id
  from named as m
  inner join public.catalog_substance_names as n using (folded)
  where m.rank = 0
  order by m.grp, n.kind = 'source', n.kind = 'salt', m.place, n.substance_id
),

heads as (
  select distinct on (m.grp) m.grp, m.name, m.folded, m.language
  from named as m
  where m.rank = 0
  order by m.grp, m.place, m.name
)

select
  h.grp, h.name, h.language, k.substance_id is null as is_new,
  -- A name's slug; where letters were lost on the way, with a hash of all of them.
  coalesce(k.substance_id, case
    when h.folded ~ '^[a-z0-9 ]{1,119}$' then replace(h.folded, ' ', '-')
    else
      's-' || left(trim('-' from regexp_replace(h.folded, '[^a-z0-9]+', '-', 'g')), 80)
      || '-' || left(md5(h.folded), 12)
  end) as substance_id
from heads as h
left join known as k using (grp);

with added as (
  insert into public.catalog_substances (id, name_en)
  select distinct on (g.substance_id)
    g.substance_id, case when g.name = upper(g.name) then lower(g.name) else g.name end
  from stage_groups as g
  where g.is_new
  order by g.substance_id, g.name
  on conflict (id) do nothing
  returning id
)

insert into stage_touched select 'substance' from added;

-- A substance known by nothing but a source's writing is the one that a group says it is.
insert into stage_absorbed (old, new)
select distinct on (n.substance_id) n.substance_id, g.substance_id
from stage_groups as g
inner join stage_substances as s on g.grp = s.grp and s.level = current_setting('medtime.catalog_level')::smallint
inner join public.catalog_substance_names as n on s.folded = n.folded
where
  n.substance_id <> g.substance_id
  and not exists (
    select from public.catalog_substance_names as o
    where o.substance_id = n.substance_id and o.kind <> 'source'
  )
  and not exists (
    select from stage_groups as o
    where o.substance_id = n.substance_id
  )
order by n.substance_id, g.substance_id;
