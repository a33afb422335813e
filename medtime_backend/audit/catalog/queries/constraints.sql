-- Postgres 18 has NOT NULL among the constraints; here it is a fact of the column, as before.
select
  'constraint' as kind,
  format('%I on %I.%I', k.conname, n.nspname, coalesce(c.relname, t.typname)) as name,
  format('%I.%I', n.nspname, coalesce(c.relname, t.typname)) as container,
  jsonb_build_object(
    'of a', case when k.conrelid = 0 then 'domain' else 'table' end,
    -- Whether it is validated is a fact of its own.
    'definition', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
    'validated', k.convalidated
  ) as facts
from pg_constraint as k
left join pg_class as c on k.conrelid = c.oid
left join pg_type as t on k.contypid = t.oid
inner join pg_namespace as n on coalesce(c.relnamespace, t.typnamespace) = n.oid
where
  n.nspname = any($1::text[])
  and k.contype in ('c', 'f', 'p', 'u', 'x')
  and not exists (
    select
    from pg_depend as d
    where
      d.classid in ('pg_class'::regclass, 'pg_type'::regclass)
      and d.objid = coalesce(c.oid, t.oid)
      and d.deptype = 'e'
  )
