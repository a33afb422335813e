-- Who may do what with each object, the default of an object without privileges of its own included. Kinds and names
-- are those of the other queries. Who granted is no fact: what counts is who may.
with
objects (kind, name, acl) as (
  select
    'schema' as kind,
    quote_ident(n.nspname) as name,
    coalesce(n.nspacl, acldefault('n', n.nspowner)) as acl
  from pg_namespace as n
  where n.nspname = any($1::text[])
  union all
  select
    case c.relkind
      when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
      when 'S' then 'sequence' when 'f' then 'foreign table'
    end as kind,
    format('%I.%I', n.nspname, c.relname) as name,
    coalesce(
      c.relacl, case c.relkind when 'S' then acldefault('s', c.relowner) else acldefault('r', c.relowner) end
    ) as acl
  from pg_class as c
  inner join pg_namespace as n on c.relnamespace = n.oid
  where n.nspname = any($1::text[])
  union all
  select
    'column' as kind,
    format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
    a.attacl as acl
  from pg_attribute as a
  inner join pg_class as c on a.attrelid = c.oid
  inner join pg_namespace as n on c.relnamespace = n.oid
  where n.nspname = any($1::text[]) and a.attacl is not null and not a.attisdropped
  union all
  select
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
    p.oid::regprocedure::text as name,
    coalesce(p.proacl, acldefault('f', p.proowner)) as acl
  from pg_proc as p
  inner join pg_namespace as n on p.pronamespace = n.oid
  where n.nspname = any($1::text[])
  union all
  select
    case t.typtype
      when 'd' then 'domain' when 'c' then 'composite type' when 'e' then 'enum' when 'r' then 'range' else 'type'
    end as kind,
    format('%I.%I', n.nspname, t.typname) as name,
    coalesce(t.typacl, acldefault('T', t.typowner)) as acl
  from pg_type as t
  inner join pg_namespace as n on t.typnamespace = n.oid
  where n.nspname = any($1::text[])
  union all
  select
    'default privileges' as kind,
    format(
      '%I on %s%s',
      pg_get_userbyid(d.defaclrole),
      case d.defaclobjtype
        when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
        when 'n' then 'schemas' else 'large objects'
      end,
      ' in ' || quote_ident(n.nspname)
    ) as name,
    d.defaclacl as acl
  from pg_default_acl as d
  left join pg_namespace as n on d.defaclnamespace = n.oid
  where n.oid is null or n.nspname = any($1::text[])
)

select
  o.kind,
  o.name,
  case p.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(p.grantee)) end as grantee,
  array_agg(distinct p.privilege_type) as privileges,
  array_agg(distinct p.privilege_type) filter (where p.is_grantable) as grantable
from objects as o
cross join lateral aclexplode(o.acl) as p
group by o.kind, o.name, p.grantee
