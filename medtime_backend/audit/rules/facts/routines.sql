-- Functions and procedures with their text: $1 the schemas, $2 the exposed ones.
select
  p.oid::regprocedure::text as name,
  n.nspname || '.' || p.proname as plain_name,
  case p.prokind when 'p' then 'procedure' else 'function' end as kind,
  l.lanname::text as language,
  pg_get_functiondef(p.oid) as definition,
  p.prosrc as source,
  p.prosecdef as definer,
  p.provolatile <> 'v' as reads_only,
  p.prorettype::regtype::text as returns,
  coalesce(p.proargnames, '{}') as arguments,
  n.nspname = any($2::text[]) as exposed,
  r.rolname::text as owner,
  p.proowner::bigint as owner_oid,
  r.rolsuper or r.rolbypassrls as owner_bypasses,
  array(
    select o.rolname::text
    from pg_catalog.pg_roles as o
    where o.rolname in ('anon', 'authenticated') and has_function_privilege(o.oid, p.oid, 'execute')
  ) as executable_by,
  array(
    select coalesce(g.tgnewtable, g.tgoldtable)::text
    from pg_catalog.pg_trigger as g
    where g.tgfoid = p.oid and coalesce(g.tgnewtable, g.tgoldtable) is not null
    union
    select g.tgoldtable::text
    from pg_catalog.pg_trigger as g
    where g.tgfoid = p.oid and g.tgoldtable is not null
  ) as transition_tables,
  array(
    select distinct format('%I.%I', tn.nspname, tc.relname)
    from pg_catalog.pg_trigger as g
    inner join pg_catalog.pg_class as tc on g.tgrelid = tc.oid
    inner join pg_catalog.pg_namespace as tn on tc.relnamespace = tn.oid
    where g.tgfoid = p.oid
  ) as fires_on
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
inner join pg_catalog.pg_roles as r on p.proowner = r.oid
where
  n.nspname = any($1::text[]) and p.prokind in ('f', 'p', 'w')
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by 1
