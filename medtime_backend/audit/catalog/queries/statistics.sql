select
  'statistics' as kind,
  format('%I.%I', n.nspname, s.stxname) as name,
  format('%I.%I', m.nspname, c.relname) as container,
  jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid), 'target', nullif(s.stxstattarget, -1)) as facts
from pg_statistic_ext as s
inner join pg_namespace as n on s.stxnamespace = n.oid
inner join pg_class as c on s.stxrelid = c.oid
inner join pg_namespace as m on c.relnamespace = m.oid
where m.nspname = any($1::text[])
