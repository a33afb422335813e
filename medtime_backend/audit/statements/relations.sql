-- Tables, views and sequences of the schemas $1 with their columns; not those of extensions.
select
  c.oid::bigint as oid,
  n.nspname || '.' || c.relname as name,
  case
    when c.relkind in ('r', 'p') then 'table'
    when c.relkind = 'S' then 'sequence'
    else 'view'
  end as kind,
  pg_has_role(c.relowner, 'usage') as owned,
  coalesce((
    select array_agg(a.attname::text order by a.attnum)
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ), '{}') as columns,
  coalesce((
    select array_agg(a.attname::text order by a.attnum)
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and (a.attgenerated <> '' or a.attidentity = 'a')
  ), '{}') as generated,
  coalesce((
    select array_agg(a.attname::text order by k.place)
    from pg_index as i
    cross join unnest(i.indkey) with ordinality as k (attnum, place)
    inner join pg_attribute as a on i.indrelid = a.attrelid and k.attnum = a.attnum
    where i.indrelid = c.oid and i.indisprimary
  ), '{}') as key
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
  n.nspname = any($1::text[])
  and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by name
