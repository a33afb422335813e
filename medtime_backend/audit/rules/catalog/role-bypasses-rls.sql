-- title: A role that is held to no policy
-- severity: error
-- why: Tokens and services of users act as these roles; whoever bypasses row-level security reads every owner.
-- fix: Take the attribute or the membership away.
select
  o.name as object,
  case
    when r.rolsuper then 'It is a superuser.'
    when r.rolbypassrls then 'It has BYPASSRLS.'
    else 'It has CREATEROLE, and so can give itself other roles.'
  end as detail,
  format('select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = %L;', o.name) as reproduction,
  format(
    'alter role %s %s;', o.ident,
    case when r.rolsuper then 'nosuperuser' when r.rolbypassrls then 'nobypassrls' else 'nocreaterole' end
  ) as fix,
  '' as persona
from outsiders as o
inner join pg_catalog.pg_roles as r on o.oid = r.oid
-- Supabase itself gives service_role BYPASSRLS, and supabase_auth_admin CREATEROLE.
where
  o.name <> 'service_role'
  and (r.rolsuper or r.rolbypassrls or r.rolcreaterole and o.name <> 'supabase_auth_admin')
union all
select
  o.name,
  format('It can become %s, which %s.', g.rolname, case
    when g.rolsuper then 'is a superuser' when g.rolbypassrls then 'has BYPASSRLS' else 'reads or writes every table'
  end),
  format('select pg_has_role(%L, %L, %L);', o.name, g.rolname, 'member'),
  format('revoke %I from %s;', g.rolname, o.ident),
  g.rolname::text
from outsiders as o
inner join pg_catalog.pg_roles as r on o.oid = r.oid
inner join pg_catalog.pg_roles as g on o.oid <> g.oid and pg_has_role(o.oid, g.oid, 'member')
where
  not r.rolsuper
  and (g.rolsuper or g.rolbypassrls or g.rolname in ('pg_read_all_data', 'pg_write_all_data'))
  -- The REST layer becomes what a token's role claim says, and service_role is one of these.
  and not (o.name = 'authenticator' and g.rolname = 'service_role')
  and o.name <> 'service_role'
