-- title: Others can make objects in a schema
-- severity: error
-- why: Their functions, operators and tables come before or beside ours, and are exposed with them.
-- fix: Revoke CREATE.
select
  n.name as object,
  format('%s may create objects in the schema.', o.name) as detail,
  format('select has_schema_privilege(%L, %L, %L);', o.name, n.name, 'create') as reproduction,
  format('revoke create on schema %I from public, %s;', n.name, o.ident) as fix,
  o.name as persona
from namespaces as n
inner join outsiders as o on has_schema_privilege(o.oid, n.oid, 'create')
where not o.bypasses or o.name = 'service_role'
union all
select
  n.name,
  'Everybody may create objects in the schema.',
  format('select nspacl from pg_namespace where nspname = %L;', n.name),
  format('revoke create on schema %I from public;', n.name),
  'public'
from namespaces as n
cross join aclexplode(n.acl) as a
where a.grantee = 0 and a.privilege_type = 'CREATE'
