-- The functions of the names $1, schema.name(type, …), that exist.
select
  n.name,
  to_regprocedure(n.name)::oid::bigint as oid
from unnest($1::text[]) as n (name)
where to_regprocedure(n.name) is not null
