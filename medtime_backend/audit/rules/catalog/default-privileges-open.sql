-- title: New objects are open from the start
-- severity: warning
-- why: What is made tomorrow is granted to these roles unless its migration remembers to revoke.
-- fix: Take the default away.
with makers as (
  -- Defaults are those of the role that makes an object. Others, such as the host's own, make none of ours.
  select t.owner as oid from relations as t
  union
  select r.owner from routines as r
)

select
  format('%s of %s%s', kinds.name, d.defaclrole::regrole, coalesce(' in schema ' || n.name, '')) as object,
  format('New %s of %s are given to %s: %s.', kinds.name, d.defaclrole::regrole, who.name, lower(who.verbs)) as detail,
  'select defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl from pg_default_acl;'
    as reproduction,
  format(
    'alter default privileges for role %s%s revoke all on %s from %s;', d.defaclrole::regrole,
    coalesce(' in schema ' || quote_ident(n.name), ''), kinds.name, who.name
  ) as fix,
  who.name as persona
from pg_catalog.pg_default_acl as d
inner join makers as m on d.defaclrole = m.oid
left join namespaces as n on d.defaclnamespace = n.oid
inner join (
  values ('r'::char, 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas')
) as kinds (letter, name) on d.defaclobjtype = kinds.letter
cross join
  lateral (
    select coalesce(o.ident, 'public') as name, string_agg(a.privilege_type, ', ') as verbs
    from aclexplode(d.defaclacl) as a
    left join outsiders as o on a.grantee = o.oid
    where a.grantee = 0 or o.oid is not null
    group by o.ident
  ) as who
where (n.oid is not null or d.defaclnamespace = 0) and kinds.name <> 'types'
union all
-- A default of one schema can only add to that of all: the right of PUBLIC to execute is taken away for all or not at all.
select
  format('functions of %s', m.oid::regrole),
  format('Whatever function %s makes can be executed by everybody until that is revoked.', m.oid::regrole),
  format('select * from pg_default_acl where defaclrole = %L::regrole and defaclnamespace = 0;', m.oid::regrole),
  format('alter default privileges for role %s revoke execute on functions from public;', m.oid::regrole),
  'public'
from makers as m
where
  not exists (
    select from pg_catalog.pg_default_acl as d
    where d.defaclrole = m.oid and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
  )
  and exists (
    select from namespaces as n
    where not n.exposed and has_schema_privilege(m.oid, n.oid, 'create')
  )
