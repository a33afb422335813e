-- For each of the roles $1 and schemas $2: whether it may look into it, and whether it may make objects there.
select
  r.role,
  s.schema,
  has_schema_privilege(r.role, s.schema, 'usage') as may_usage,
  has_schema_privilege(r.role, s.schema, 'create') as may_create
from unnest($1::text[]) as r (role)
cross join unnest($2::text[]) as s (schema)
