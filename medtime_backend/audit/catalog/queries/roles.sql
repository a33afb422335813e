-- $1: roles that Supabase made, whose settings are its own; $2: ours.
select
  'role' as kind,
  quote_ident(r.rolname) as name,
  '' as container,
  jsonb_build_object(
    'superuser', r.rolsuper,
    'bypassrls', r.rolbypassrls,
    'createrole', r.rolcreaterole,
    'createdb', r.rolcreatedb,
    'replication', r.rolreplication,
    'login', r.rolcanlogin
  )
  || case when r.rolname = any($2::text[]) then jsonb_build_object(
    'inherit', r.rolinherit,
    'settings', (
      select jsonb_agg(s.setting order by s.setting)
      from pg_db_role_setting as d
      cross join unnest(d.setconfig) as s (setting)
      where
        d.setrole = r.oid
        and d.setdatabase in (0, (
          select b.oid from pg_database as b
          where b.datname = current_database()
        ))
    )
  ) else '{}' end as facts
from pg_roles as r
where r.rolname = any($1::text[]) or r.rolname = any($2::text[])
