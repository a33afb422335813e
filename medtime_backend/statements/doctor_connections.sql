-- Connections that there is room for without a superuser's, those in use, and the service's among them.
select
  current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as room,
  (select coalesce(sum(d.numbackends), 0) from pg_catalog.pg_stat_database as d)::integer as used,
  (select count(*) filter (where a.usename = 'medtime_service') from pg_catalog.pg_stat_activity as a)::integer as ours
