-- title: An object that nobody declared
-- severity: error
-- why: Nobody has said who may use it, so nobody can tell whether what is possible is meant.
-- fix: Declare it in policies/ after review, or drop it.
select
  r.name as object,
  format('The %s is not declared in policies/.', kinds.name) as detail,
  format('select relacl from pg_class where oid = %L::regclass;', r.name) as reproduction,
  format('drop %s %s;', kinds.name, r.name) as fix
from relations as r
inner join (
  values
  ('r'::char, 'table'), ('p', 'table'), ('v', 'view'), ('m', 'materialized view'), ('f', 'foreign table'),
  ('S', 'sequence')
) as kinds (letter, name) on r.kind = kinds.letter
where
  r.declaration is null
  -- The sequence of an identity or serial column comes with its table.
  and not exists (
    select from pg_catalog.pg_depend as d
    inner join tables as t on d.refobjid = t.oid and t.declaration is not null
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = r.oid and d.deptype in ('a', 'i')
  )
union all
select
  r.name,
  format('The %s is not declared in policies/.', r.kind),
  format('select proacl from pg_proc where oid = %L::regprocedure;', r.name),
  format('drop %s %s;', r.kind, r.name)
from routines as r
where
  not exists (
    select from declared_functions as d
    where d.routine = r.oid
  )
union all
select
  t.oid::regtype::text,
  format('The %s is not declared in policies/.', case t.typtype when 'd' then 'domain' else 'type' end),
  format('select typtype from pg_type where oid = %L::regtype;', t.oid::regtype),
  format('drop %s %s;', case t.typtype when 'd' then 'domain' else 'type' end, t.oid::regtype)
from pg_catalog.pg_type as t
inner join namespaces as n on t.typnamespace = n.oid
left join pg_catalog.pg_class as c on t.typrelid = c.oid
where
  (t.typtype in ('d', 'e', 'r') or c.relkind = 'c')
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
  )
