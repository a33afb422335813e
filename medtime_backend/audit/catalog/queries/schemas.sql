select
  'schema' as kind,
  quote_ident(n.nspname) as name,
  '' as container,
  jsonb_build_object('owner', pg_get_userbyid(n.nspowner)) as facts
from pg_namespace as n
where n.nspname = any($1::text[])
