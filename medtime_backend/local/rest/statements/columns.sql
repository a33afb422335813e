select
  a.attname::text as name,
  format_type(a.atttypid, a.atttypmod) as type,
  coalesce(a.attnum = any(k.indkey), false) as in_key
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_attribute as a on c.oid = a.attrelid
left join pg_index as k on c.oid = k.indrelid and k.indisprimary
where
  n.nspname = 'public' and c.relname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and a.attnum > 0 and not a.attisdropped
order by a.attnum
