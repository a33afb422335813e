-- title: Everybody may execute a function
-- severity: error
-- why: Postgres lets PUBLIC execute each new function; anon calls it through the API.
-- fix: Revoke it, and grant it to whom it is for.
select distinct
  r.name as object,
  case
    when a.grantee <> 0 then 'anon may execute it.'
    when r.acl is null then 'Nothing was ever revoked: everybody may execute it.'
    else 'PUBLIC may execute it.'
  end as detail,
  format('select has_function_privilege(%L, %L, %L);', 'anon', r.name, 'execute') as reproduction,
  format('revoke all on %s %s from public, anon;', replace(r.kind, 'aggregate', 'function'), r.name) as fix
from routines as r
cross join aclexplode(coalesce(r.acl, acldefault('f', r.owner))) as a
where
  a.grantee = 0
  or (
    a.grantee in (
      select o.oid from outsiders as o
      where o.name = 'anon'
    )
    and not exists (
      select from declared_functions as d
      where d.routine = r.oid and d.open
    )
  )
