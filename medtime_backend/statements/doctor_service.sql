-- The role of the session, and what would let it do more than become a user. Times are milliseconds.
select
  r.rolname::text as role_name, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
  (extract(epoch from current_setting('statement_timeout')::interval) * 1000)::integer as statement_timeout,
  (extract(epoch from current_setting('lock_timeout')::interval) * 1000)::integer as lock_timeout
from pg_catalog.pg_roles as r
where r.rolname = current_user
