-- After all substances have their names: the mixtures that are known by a name of their own.
create temporary table stage_named_mixtures on commit drop as
select
  m.name, m.folded, m.language, m.kind,
  md5(string_agg(distinct s.substance_id, '+' order by s.substance_id))::uuid as mixture
from stage_mixtures as m
cross join string_to_table(m.substances, ';') as p (part)
left join lateral (
  select n.substance_id from public.catalog_substance_names as n
  where n.folded = public.catalog_fold(p.part)
  order by n.kind = 'source', n.kind = 'salt', n.substance_id
  limit 1
) as s on true
where m.folded <> ''
group by m.name, m.folded, m.language, m.kind
having bool_and(s.substance_id is not null);

create temporary table stage_mixtures_changed (mixture uuid) on commit drop;

with gone as (
  delete from public.catalog_mixture_names as n
  where
    not exists (
      select from stage_named_mixtures as m
      where m.folded = n.folded and m.mixture = n.mixture
    )
  returning n.mixture
),

came as (
  insert into public.catalog_mixture_names (folded, mixture, name, language, kind)
  select m.folded, m.mixture, m.name, m.language, m.kind from stage_named_mixtures as m
  on conflict (folded, mixture) do nothing
  returning mixture
)

insert into stage_mixtures_changed
select mixture from gone
union
select mixture from came;

insert into stage_touched select 'mixture' from stage_mixtures_changed;
