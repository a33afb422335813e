with
entries (of_role, privileged, schema) as (
  select
    quote_ident(pg_get_userbyid(d.defaclrole)) as of_role,
    case d.defaclobjtype
      when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
      when 'n' then 'schemas' else 'large objects'
    end as privileged,
    quote_ident(n.nspname) as schema
  from pg_default_acl as d
  left join pg_namespace as n on d.defaclnamespace = n.oid
  where n.oid is null or n.nspname = any($1::text[])
)

select
  'default privileges' as kind,
  e.of_role || ' on ' || e.privileged || coalesce(' in ' || e.schema, '') as name,
  '' as container,
  jsonb_build_object('of', e.of_role, 'on', e.privileged, 'in schema', e.schema) as facts
from entries as e
