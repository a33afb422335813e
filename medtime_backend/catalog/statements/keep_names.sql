-- After attach_names and absorb: the level's names that no substance has yet, and better kinds for those of a source.
with added as (
  insert into public.catalog_substance_names (folded, substance_id, name, language, kind)
  select distinct on (s.folded) s.folded, g.substance_id, s.name, s.language, s.kind
  from stage_groups as g
  inner join stage_substances as s on g.grp = s.grp and s.level = current_setting('medtime.catalog_level')::smallint
  where
    s.folded <> '' and not exists (
      select from public.catalog_substance_names as n
      where n.folded = s.folded
    )
  order by s.folded, s.rank, s.place, g.substance_id
  returning folded
)

insert into stage_touched select 'name' from added;

with better as (
  update public.catalog_substance_names as n
  set kind = s.kind, name = s.name, language = s.language
  from stage_groups as g
  inner join stage_substances as s on g.grp = s.grp and s.level = current_setting('medtime.catalog_level')::smallint
  where n.substance_id = g.substance_id and n.folded = s.folded and n.kind = 'source' and s.kind <> 'source'
  returning n.folded
)

insert into stage_touched select 'name' from better;

with named as (
  select
    g.substance_id,
    min(s.name) filter (where s.kind = 'inn' and s.language = 'en') as inn,
    (array_agg(lower(s.name) order by s.level, s.place, s.name) filter (where s.language = 'es' and s.rank = 0))[1]
      as spanish
  from stage_groups as g
  inner join stage_substances as s on g.grp = s.grp and s.level = current_setting('medtime.catalog_level')::smallint
  group by g.substance_id
),

renamed as (
  update public.catalog_substances as c
  set name_en = coalesce(n.inn, c.name_en), name_es = coalesce(c.name_es, n.spanish)
  from named as n
  where
    c.id = n.substance_id
    and (c.name_en, c.name_es) is distinct from (coalesce(n.inn, c.name_en), coalesce(c.name_es, n.spanish))
  returning c.id
)

insert into stage_touched select 'substance' from renamed;

drop table stage_groups;
