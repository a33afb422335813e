-- title: The API shows what it must not reach
-- severity: error
-- why: A view, materialized view or foreign table in an exposed schema reads as its owner what the caller has no rights on.
-- fix: Move it to private, or drop it.
select
  v.name as object,
  case v.kind
    when 'm' then 'Row-level security does not exist for a materialized view'
    when 'f' then 'Row-level security does not exist for a foreign table'
    else 'The view'
  end || coalesce(format(' reads %s.', source.names), '.') as detail,
  format('select pg_get_viewdef(%L::regclass);', v.name) as reproduction,
  format(
    'drop %s %s;', case v.kind when 'm' then 'materialized view' when 'f' then 'foreign table' else 'view' end, v.name
  ) as fix
from relations as v
cross join
  lateral (
    select
      string_agg(distinct d.refobjid::regclass::text, ', ') as names,
      bool_or(n.nspname = 'auth' or n.nspname = any(s.schemas) and n.nspname <> all(s.exposed)) as hidden,
      bool_or(n.nspname = any(s.schemas)) as ours
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
      on
        d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and v.oid <> d.refobjid
    inner join pg_catalog.pg_class as c on d.refobjid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join scope as s
    where w.ev_class = v.oid
  ) as source
where
  v.exposed
  and (
    v.kind in ('m', 'f')
    or v.kind = 'v' and (source.hidden or source.ours and not coalesce(
      array['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'] && v.options,
      false
    ))
  )
