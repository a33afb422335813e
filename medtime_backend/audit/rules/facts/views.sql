-- Views, materialized views and rewrite rules, as the statements they stand for: $1 the schemas.
select
  format('%I.%I', n.nspname, c.relname) as name,
  case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'rule' end as kind,
  case w.rulename when '_RETURN' then pg_get_viewdef(c.oid) else pg_get_ruledef(w.oid) end as definition,
  w.rulename::text as rule
from pg_catalog.pg_rewrite as w
inner join pg_catalog.pg_class as c on w.ev_class = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
  n.nspname = any($1::text[])
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by 1, 4
