-- Whether each of the roles $1 may execute each of the functions $2, and look into their schemas.
select
  r.role,
  p.oid::bigint as oid,
  has_function_privilege(r.role, p.oid, 'execute') and has_schema_privilege(r.role, p.pronamespace, 'usage') as may
from unnest($1::text[]) as r (role)
cross join pg_proc as p
where p.oid = any($2::bigint[]::oid[])
