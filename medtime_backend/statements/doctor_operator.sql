select
  r.rolname::text as role_name, r.rolsuper or r.rolbypassrls as sees_all, pg_is_in_recovery() as replica,
  current_setting('server_version') as version, current_setting('server_version_num')::integer as number, -- noqa: RF04
  clock_timestamp() as at_time
from pg_catalog.pg_roles as r
where r.rolname = current_user
