-- What CONCURRENTLY left behind: invalid, and nobody is building it any more.
select
  c.relname::text as name,
  pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified,
  i.indrelid::bigint as table_oid
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
  not i.indisvalid and c.relkind = 'i'
  and not exists (
    select
    from pg_catalog.pg_stat_progress_create_index as p
    where p.relid = i.indrelid
  )
order by 2
