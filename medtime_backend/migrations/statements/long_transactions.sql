-- Who has been in a transaction for longer than we waited for a lock; what they run is theirs.
select
  a.pid, a.usename::text as role, a.application_name as program, a.state,
  extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float as seconds
from pg_catalog.pg_stat_activity as a
where
  a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
  and a.xact_start < pg_catalog.clock_timestamp() - $1::interval
order by a.xact_start
limit 5
