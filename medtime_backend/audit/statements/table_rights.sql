-- Which of the verbs each of the roles $1 has on each column, or on the whole, of the tables $2.
select
  r.role,
  c.oid::bigint as oid,
  v.verb,
  coalesce((
    select array_agg(a.attname::text order by a.attnum)
    from pg_attribute as a
    where
      a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and v.verb in ('select', 'insert', 'update')
      and has_column_privilege(r.role, c.oid, a.attnum, v.verb)
  ), '{}') as columns,
  case when v.verb in ('delete', 'truncate') then has_table_privilege(r.role, c.oid, v.verb) end as whole
from unnest($1::text[]) as r (role)
cross join pg_class as c
cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate')) as v (verb)
where c.oid = any($2::bigint[]::oid[]) and has_schema_privilege(r.role, c.relnamespace, 'usage')
