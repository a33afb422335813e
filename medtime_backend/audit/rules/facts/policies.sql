-- The policies of tables: $1 the schemas. A command is a letter as in pg_policy, * for all; an empty expression is none.
select
  format('%I.%I', n.nspname, c.relname) as table_name,
  p.polname::text as name,
  quote_ident(p.polname) as ident,
  p.polcmd::text as command,
  p.polpermissive as permissive,
  array(
    select coalesce(r.rolname::text, 'public')
    from unnest(p.polroles) as role (oid) left join pg_catalog.pg_roles as r on role.oid = r.oid
  ) as roles,
  coalesce(pg_get_expr(p.polqual, p.polrelid), '') as visible,
  coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as allowed
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any($1::text[])
order by 1, 2
