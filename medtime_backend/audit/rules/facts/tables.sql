-- What the rules on expressions need to know of each table: $1 the schemas. Checks are those of the table's domains too.
select
  c.oid::bigint as oid,
  format('%I.%I', n.nspname, c.relname) as name,
  n.nspname || '.' || c.relname as plain_name,
  c.relowner::bigint as owner,
  c.relrowsecurity as rls,
  c.relforcerowsecurity as forced,
  array(
    select
      jsonb_build_object(
        'name', a.attname,
        'type', coalesce(e.typname, b.typname, t.typname),
        'shown', format_type(a.atttypid, a.atttypmod),
        'required', a.attnotnull,
        'writable', exists (
          select from pg_catalog.pg_roles as r
          where
            r.rolname in ('anon', 'authenticated')
            and (
              has_column_privilege(r.oid, c.oid, a.attnum, 'insert')
              or has_column_privilege(r.oid, c.oid, a.attnum, 'update')
            )
        ),
        'bound', exists (
          select from pg_catalog.pg_constraint as f
          where f.conrelid = c.oid and f.contype = 'f' and a.attnum = any(f.conkey)
        ),
        'domain_checks', array(
          select pg_get_expr(k.conbin, 0)
          from pg_catalog.pg_constraint as k
          where k.contypid = t.oid and k.contype = 'c'
        )
      )::text
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on a.atttypid = t.oid
    left join pg_catalog.pg_type as b on t.typtype = 'd' and t.typbasetype = b.oid
    left join
      pg_catalog.pg_type as e
      on coalesce(b.typelem, t.typelem) = e.oid and coalesce(b.typcategory, t.typcategory) = 'A'
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  ) as columns,
  array(
    select pg_get_expr(k.conbin, c.oid)
    from pg_catalog.pg_constraint as k
    where k.conrelid = c.oid and k.contype = 'c' and k.convalidated
  ) as checks,
  array(
    select distinct a.attname::text
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a on i.indrelid = a.attrelid and i.indkey[0] = a.attnum
    where i.indrelid = c.oid and i.indisvalid and i.indpred is null
  ) as indexed
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
  c.relkind in ('r', 'p') and n.nspname = any($1::text[])
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by name
