-- 'metformin hydrochloride', 'clorhidrato de metformina': a source's name that is a known one and words for a salt.
-- Elements are no drug without what they are bound to, so they are no base.
insert into stage_absorbed (old, new)
with words as (
  select string_agg(word, '|' order by length(word) desc, word) as any_of from stage_salt_words
),

bases as (
  select
    n.substance_id,
    regexp_replace(
      regexp_replace(n.folded, '^((' || w.any_of || ') de )+', ''), '( (as )?(' || w.any_of || '))+$', ''
    ) as folded, n.folded as whole
  from public.catalog_substance_names as n, words as w
  where n.kind = 'source'
)

select distinct on (b.substance_id) b.substance_id, n.substance_id
from bases as b
inner join public.catalog_substance_names as n on b.folded = n.folded
where
  b.folded <> b.whole and n.substance_id <> b.substance_id and length(b.folded) > 5
  and b.folded not in (
    'sodium', 'potassium', 'calcium', 'magnesium', 'lithium', 'aluminium', 'aluminum', 'bismuth', 'gallium',
    'lutetium', 'germanium', 'potasio', 'calcio', 'magnesio', 'aluminio', 'bismuto'
  )
  and not exists (
    select from public.catalog_substance_names as o
    where o.substance_id = b.substance_id and o.kind <> 'source'
  )
order by b.substance_id, n.kind = 'source', n.substance_id;

delete from stage_absorbed as a
where exists (
  select from stage_absorbed as b
  where b.old = a.new
);
