select
  'policy' as kind,
  format('%I on %I.%I', p.polname, n.nspname, c.relname) as name,
  format('%I.%I', n.nspname, c.relname) as container,
  jsonb_build_object(
    'command', case p.polcmd
      when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
    end,
    'permissive', p.polpermissive,
    'roles', (
      select jsonb_agg(case r.oid when 0 then 'public' else quote_ident(pg_get_userbyid(r.oid)) end order by 1)
      from unnest(p.polroles) as r (oid)
    ),
    'using', pg_get_expr(p.polqual, p.polrelid),
    'with check', pg_get_expr(p.polwithcheck, p.polrelid)
  ) as facts
from pg_policy as p
inner join pg_class as c on p.polrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any($1::text[])
