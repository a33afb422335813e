select
  case c.relkind
    when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
    when 'S' then 'sequence' when 'f' then 'foreign table'
  end as kind,
  format('%I.%I', n.nspname, c.relname) as name,
  quote_ident(n.nspname) as container,
  jsonb_build_object('owner', pg_get_userbyid(c.relowner))
  || case when c.relkind in ('r', 'p', 'f') then jsonb_build_object(
    'row-level security', c.relrowsecurity,
    'forced row-level security', c.relforcerowsecurity,
    'persistence', case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' else 'temporary' end,
    'replica identity', case c.relreplident
      when 'd' then 'default' when 'n' then 'nothing' when 'f' then 'full' else 'index'
    end,
    'partition key', pg_get_partkeydef(c.oid),
    'inherits', (
      select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits as i
      where i.inhrelid = c.oid
    )
  ) else '{}' end
  || case when c.relkind in ('v', 'm') then jsonb_build_object('definition', pg_get_viewdef(c.oid)) else '{}' end
  || case when c.relkind = 'S' then (
    select
      jsonb_build_object('counts', format(
        '%s from %s by %s, %s to %s, cache %s%s',
        format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
        case when s.seqcycle then ', cycles' end
      ))
    from pg_sequence as s
    where s.seqrelid = c.oid
  ) else jsonb_build_object(
    'options', (select jsonb_agg(o.option order by o.option) from unnest(c.reloptions) as o (option))
  ) end as facts
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
  n.nspname = any($1::text[])
  and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
