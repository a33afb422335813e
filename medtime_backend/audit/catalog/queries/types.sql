-- Not the types that each table and each array has by itself.
select
  case t.typtype
    when 'd' then 'domain' when 'c' then 'composite type' when 'e' then 'enum' when 'r' then 'range' else 'type'
  end as kind,
  format('%I.%I', n.nspname, t.typname) as name,
  quote_ident(n.nspname) as container,
  jsonb_build_object('owner', pg_get_userbyid(t.typowner))
  || case t.typtype
    when 'd'
      then
        jsonb_build_object(
          'type', format_type(t.typbasetype, t.typtypmod), 'not null', t.typnotnull, 'default', t.typdefault
        )
    when 'e'
      then
        jsonb_build_object('labels', (
          select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum as e
          where e.enumtypid = t.oid
        ))
    when 'r'
      then
        jsonb_build_object('of', (
          select format_type(r.rngsubtype, null) from pg_range as r
          where r.rngtypid = t.oid
        ))
    else '{}'
  end as facts
from pg_type as t
inner join pg_namespace as n on t.typnamespace = n.oid
left join pg_class as c on t.typrelid = c.oid
where
  n.nspname = any($1::text[])
  and t.typtype <> 'm'
  and coalesce(c.relkind, 'c') = 'c'
  and not exists (
    select from pg_type as e
    where e.oid = t.typelem and e.typarray = t.oid
  )
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
  )
