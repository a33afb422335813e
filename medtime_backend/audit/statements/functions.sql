-- Functions of the schemas $1 with the types of their arguments; not those of extensions.
select
  p.oid::bigint as oid,
  n.nspname || '.' || p.proname || '(' || coalesce(args.types, '') || ')' as name,
  n.nspname || '.' || p.proname as short_name,
  coalesce(args.list, '{}') as arguments,
  p.proretset as returns_set,
  p.prorettype = 'trigger'::regtype or p.prorettype = 'event_trigger'::regtype as is_trigger,
  p.prokind = 'p' as is_procedure
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
cross join
  lateral (
    select
      string_agg(format_type(t.oid, null), ', ' order by t.place) as types,
      array_agg(format_type(t.oid, null) order by t.place) as list
    from unnest(p.proargtypes) with ordinality as t (oid, place)
  ) as args
where
  n.nspname = any($1::text[])
  and p.prokind in ('f', 'p', 'w')
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by name
