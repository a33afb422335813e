-- A Spanish name known from a source alone and one other name that sound the same: Spanish INNs follow the English ones
-- by rule (hydrochlorothiazide, hidroclorotiazida). Two candidates are no answer.
insert into stage_absorbed (old, new)
with sounds as (
  select
    n.substance_id, n.language = 'es' as spanish,
    bool_and(n.kind = 'source') over (partition by n.substance_id) as source_only,
    regexp_replace(
      regexp_replace(
        replace(
          replace(replace(replace(replace(
            regexp_replace(n.folded, '^acido (\w+)$', '\1 acid'), 'ph', 'f'
          ), 'th', 't'), 'ch', 'c'), 'rh', 'r'), 'y', 'i'
        ),
        '(.)\1', '\1', 'g'
      ),
      '[aeo]+\M', '', 'g'
    ) as sound
  from public.catalog_substance_names as n
)

select s.substance_id, min(o.substance_id)
from sounds as s
inner join sounds as o on s.sound = o.sound and s.substance_id <> o.substance_id
where s.spanish and s.source_only and not o.spanish and length(s.sound) > 5
group by s.substance_id
having count(distinct o.substance_id) = 1;

delete from stage_absorbed as a
where exists (
  select from stage_absorbed as b
  where b.old = a.new
);
