select
  case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
  p.oid::regprocedure::text as name,
  quote_ident(n.nspname) as container,
  jsonb_build_object(
    'owner', pg_get_userbyid(p.proowner),
    'arguments', pg_get_function_arguments(p.oid),
    'result', pg_get_function_result(p.oid),
    'language', l.lanname,
    'security definer', p.prosecdef,
    'leakproof', p.proleakproof,
    'strict', p.proisstrict,
    'window', p.prokind = 'w',
    'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    'settings', (select jsonb_agg(s.setting order by s.setting) from unnest(p.proconfig) as s (setting)),
    -- Long, and of no use in a message: two that differ are to be read side by side.
    'body', 'sha256:' || encode(sha256(convert_to(
      coalesce(pg_get_function_sqlbody(p.oid), p.prosrc || coalesce(p.probin, '')), 'UTF8'
    )), 'hex')
  ) as facts
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
inner join pg_language as l on p.prolang = l.oid
where
  n.nspname = any($1::text[])
  and not exists (
    select from pg_depend as d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
