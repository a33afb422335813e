select
  'index' as kind,
  format('%I.%I', n.nspname, c.relname) as name,
  -- Of a constraint's index, the constraint: without it, there is nothing more to say.
  case when k.conname is null then '' else quote_ident(k.conname) || ' on ' end
  || format('%I.%I', n.nspname, t.relname) as container,
  jsonb_build_object(
    'definition', pg_get_indexdef(i.indexrelid),
    'valid', i.indisvalid and i.indisready and i.indislive,
    'replica identity', i.indisreplident
  ) as facts
from pg_index as i
inner join pg_class as c on i.indexrelid = c.oid
inner join pg_class as t on i.indrelid = t.oid
inner join pg_namespace as n on t.relnamespace = n.oid
left join pg_constraint as k on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
where
  n.nspname = any($1::text[])
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = t.oid and d.deptype = 'e'
  )
