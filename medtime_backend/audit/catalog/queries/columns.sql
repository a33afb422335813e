-- The order of columns is no fact: it cannot be mended without making the table anew.
select
  'column' as kind,
  format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
  format('%I.%I', n.nspname, c.relname) as container,
  jsonb_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'not null', a.attnotnull,
    'default', case when a.attgenerated = '' then pg_get_expr(e.adbin, e.adrelid) end,
    'generated', case when a.attgenerated <> '' then pg_get_expr(e.adbin, e.adrelid) end,
    'generated and', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'storage', case a.attstorage
      when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended'
    end,
    'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
    -- Unset is -1 up to Postgres 16, null from 17 on.
    'statistics target', nullif(a.attstattarget, -1),
    'options', (select jsonb_agg(o.option order by o.option) from unnest(a.attoptions) as o (option))
  ) as facts
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_type as t on a.atttypid = t.oid
left join pg_attrdef as e on a.attrelid = e.adrelid and a.attnum = e.adnum
where
  n.nspname = any($1::text[])
  and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  and a.attnum > 0
  and not a.attisdropped
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
