select
  p.provolatile = 'v' as changes,
  p.proretset as gives_many,
  p.prorettype = 'void'::regtype as gives_nothing,
  t.typtype = 'c' or t.oid = 'record'::regtype or coalesce(p.proargmodes::text[] && '{t,b,o}', false) as gives_rows,
  array(
    select format_type(a.type, null)
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a (type, place)
    order by a.place
  ) as types,
  coalesce(p.proargnames, '{}') as names,
  p.proargmodes::text[] as modes,
  p.pronargdefaults as defaults
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
inner join pg_type as t on p.prorettype = t.oid
where n.nspname = 'public' and p.proname = $1 and p.prokind = 'f'
