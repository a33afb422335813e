-- By the catalog: looking the name up would fail for a role that may not use the schema.
select
  count(*) > 0 as installed,
  coalesce(bool_or(has_schema_privilege(n.oid, 'usage')), false) as usable,
  coalesce(current_setting('cron.timezone', true), 'GMT') as time_zone,
  exists(
    select
    from pg_catalog.pg_available_extensions as e
    where e.name = 'pg_cron'
  ) as available
from pg_catalog.pg_namespace as n
inner join pg_catalog.pg_class as c on n.oid = c.relnamespace
where n.nspname = 'cron' and c.relname = 'job'
