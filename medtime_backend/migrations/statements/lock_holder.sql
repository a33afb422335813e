select l.pid, a.usename::text as role, a.application_name as program
from pg_catalog.pg_locks as l
inner join pg_catalog.pg_database as d on l.database = d.oid
left join pg_catalog.pg_stat_activity as a on l.pid = a.pid
where
  l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and (l.classid::bigint << 32 | l.objid::bigint) = $1
  and d.datname = pg_catalog.current_database()
