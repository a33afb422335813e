-- title: A right that can be handed on
-- severity: error
-- why: Whoever holds it can give it to any role, and no migration says so.
-- fix: Take the grant option away.
select
  r.name as object,
  format('%s can grant %s on it to others.', r.grantee_name, string_agg(r.verb, ', ' order by r.verb)) as detail,
  format('select relacl from pg_class where oid = %L::regclass;', r.name) as reproduction,
  format(
    'revoke grant option for all on %s %s from %s cascade;',
    case r.kind when 'S' then 'sequence' else 'table' end,
    r.name,
    r.grantee_name
  ) as fix,
  r.grantee_name as persona
from rights as r
where r.grantable
group by r.name, r.kind, r.grantee_name
union all
select
  r.name,
  format('%I can grant EXECUTE on it to others.', g.rolname),
  format('select proacl from pg_proc where oid = %L::regprocedure;', r.name),
  format('revoke grant option for execute on %s %s from %I cascade;', r.kind, r.name, g.rolname),
  g.rolname::text
from routines as r
cross join aclexplode(r.acl) as a
inner join pg_catalog.pg_roles as g on a.grantee = g.oid
where a.is_grantable and a.grantee <> r.owner
union all
select
  n.name,
  format('%I can grant %s on the schema to others.', g.rolname, lower(a.privilege_type)),
  format('select nspacl from pg_namespace where nspname = %L;', n.name),
  format('revoke grant option for %s on schema %I from %I cascade;', lower(a.privilege_type), n.name, g.rolname),
  g.rolname::text
from namespaces as n
cross join aclexplode(n.acl) as a
inner join outsiders as g0 on a.grantee = g0.oid
inner join pg_catalog.pg_roles as g on g0.oid = g.oid
where a.is_grantable and a.grantee <> n.owner
